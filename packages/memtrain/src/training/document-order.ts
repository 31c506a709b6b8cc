import { deriveSeed, randomFromSeed } from '@memtrain/policy';

export interface DocumentOrderOptions {
  readonly count: number;
  readonly perStep: number;
  readonly seed: number;
}

/**
 * Which documents an update (counted from 1) reads: every document once an epoch, each epoch in its own order, an update across the
 * border of two epochs included. Follows from the update's number alone, so a resumed run reads what an unbroken one does.
 */
export function documentsOfStep(step: number, options: DocumentOrderOptions): number[] {
  const { count, perStep, seed } = options;
  const orders = new Map<number, number[]>();
  return Array.from({ length: perStep }, (_, index) => {
    const place = (step - 1) * perStep + index;
    const epoch = Math.floor(place / count);
    let order = orders.get(epoch);
    if (!order) {
      order = randomFromSeed(deriveSeed(seed, 'epoch', epoch)).shuffle(Array.from({ length: count }, (__, document) => document));
      orders.set(epoch, order);
    }
    return order[place % count]!;
  });
}

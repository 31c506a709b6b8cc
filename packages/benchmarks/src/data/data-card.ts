import { open, rename } from 'node:fs/promises';

/** Where a file of data came from. */
export interface DataCard {
  readonly name: string;
  readonly url: string;
  readonly repository: string;
  readonly revision: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes the card beside its file, whole or not at all. */
export async function writeDataCard(path: string, card: DataCard): Promise<void> {
  const target = `${path}.card.json`;
  const file = await open(`${target}.tmp`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(card, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${target}.tmp`, target);
}

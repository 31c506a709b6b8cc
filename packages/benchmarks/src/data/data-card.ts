import { writeFileDurably } from '@memtrain/durable-files';

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
  await writeFileDurably(`${path}.card.json`, `${JSON.stringify(card, null, 2)}\n`);
}

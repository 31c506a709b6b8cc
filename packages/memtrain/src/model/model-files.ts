import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from '../run/content-hash.ts';

/** Small files that decide how texts become tokens, and tokens a model. */
const hashed = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];

/** What a model folder holds, for a run to go on with the same: SHA-256 of tokenizer, chat template and configuration, and sizes of the weights. */
export function modelFiles(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const path = join(folder, name);
      if (hashed.includes(name)) return [[name, contentHash(readFileSync(path))]];
      return name.endsWith('.safetensors') ? [[name, `${statSync(path).size} bytes`]] : [];
    }),
  );
}

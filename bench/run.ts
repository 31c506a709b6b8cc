/** `npm run bench -- NAME [arguments]` runs `bench/NAME.ts`; without a name it lists them. */
import { readdirSync } from 'node:fs';

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -3));
if (!name || !names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [arguments], with NAME one of: ${names.join(', ')}`);
  process.exit(2);
}
const { main } = (await import(new URL(`${name}.ts`, import.meta.url).href)) as { main: (args: string[]) => Promise<void> };
await main(args);

/** Writes SUPPORTED.md: `npm run supported`. */
import { writeFileSync } from 'node:fs';
import { supportedTable } from './supported-table.ts';

writeFileSync(new URL('../SUPPORTED.md', import.meta.url), supportedTable());

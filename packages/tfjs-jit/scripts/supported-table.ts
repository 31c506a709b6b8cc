import { version } from '@tensorflow/tfjs';
import { kernelSupport } from '../src/index.ts';

/** The text of SUPPORTED.md. */
export function supportedTable(): string {
  const kernels = kernelSupport();
  const refused = kernels.filter((kernel) => kernel.refused !== undefined);
  const rows = kernels.map(({ kernel, refused: reason, gradient }) =>
    reason === undefined ? [kernel, 'yes', gradient ? 'yes' : 'none in tfjs'] : [kernel, `no: ${reason}`, ''],
  );
  return `${[
    '# Supported kernels',
    '',
    `The ${kernels.length} kernels that tfjs ${version['tfjs-core']} registers for its \`cpu\` backend: ${kernels.length - refused.length} are compiled, ` +
      `${refused.length} refused. Types: float32, int32, bool. Made by \`npm run supported\`.`,
    '',
    ...table([['Kernel', 'Compiled', 'Gradient'], ...rows]),
  ].join('\n')}\n`;
}

/** Aligned, as the formatter wants it. */
function table([header = [], ...rows]: readonly (readonly string[])[]): string[] {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

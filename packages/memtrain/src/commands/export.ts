import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { NumberFormat } from '@memtrain/lm';
import type { CommandContext } from './context.ts';

export interface ExportCommandOptions {
  readonly model: string;
  readonly adapter?: string;
  readonly out: string;
  readonly dtype: NumberFormat;
  /** Bytes. */
  readonly maxShardSize: number;
}

/** `memtrain export`: a trained model as a folder for other software, adapters merged into its weights. */
export function addExportCommand(program: Command, context: CommandContext): void {
  program
    .command('export')
    .description('write a model as a Hugging Face folder for other software, adapters merged into its weights')
    .requiredOption('--model <folder>', 'folder of a training run, or of a saved model')
    .option('--adapter <folder>', "adapters in PEFT's format for that model")
    .requiredOption('--out <folder>', 'folder to be made')
    .addOption(new Option('--dtype <format>', 'how a weight is written; F32 is exact').choices(['F32', 'BF16', 'F16']).default('F32'))
    .addOption(
      new Option('--max-shard-size <size>', 'largest file of weights, in bytes or with KB, MB or GB')
        .argParser(byteSize)
        .default(5e9, '5GB'),
    )
    .action(async (options: ExportCommandOptions) => {
      const { runExport } = await import('./run-export.ts');
      await runExport(options, context);
    });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9 };

function byteSize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMG]B)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * UNITS[(unit ?? '').toUpperCase()]!;
  if (!(bytes >= 1)) throw new InvalidArgumentError('Give a number of bytes, or one with KB, MB or GB.');
  return bytes;
}

import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

/** `memtrain setup`: optional parts that npm does not install. */
export function addSetupCommands(program: Command, context: CommandContext): void {
  const setup = program.command('setup').description('set up optional parts: TensorFlow').helpCommand(false);
  setup
    .command('tensorflow')
    .description('make the executor tensorflow available (@tensorflow/tfjs-node on TensorFlow 2.21; Linux x86-64)')
    .option('--gpu', 'the build with CUDA 12, and @tensorflow/tfjs-node-gpu')
    .option('--wheel <file>', 'a TensorFlow wheel on the disk, instead of a download by pip')
    .option('--sha256 <hex>', "that wheel's checksum, unless it is one of TensorFlow 2.21.0 on PyPI")
    .option('--cuda <folder>', 'the site-packages folder with the CUDA wheels (tensorflow[and-cuda])')
    .option('--cache <folder>', 'where it is kept, outside node_modules')
    .action(async (options: SetupTensorFlowFlags) => {
      const { runSetupTensorFlow } = await import('./setup-tensorflow.ts');
      await runSetupTensorFlow(options, context);
    });
}

/** The flags of `memtrain setup tensorflow` as commander gives them. */
export interface SetupTensorFlowFlags {
  readonly gpu?: boolean;
  readonly wheel?: string;
  readonly sha256?: string;
  readonly cuda?: string;
  readonly cache?: string;
}

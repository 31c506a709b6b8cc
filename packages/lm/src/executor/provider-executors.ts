import * as tf from '@tensorflow/tfjs';
import { TfjsJitError, type ExecutionProvider } from '@memtrain/tfjs-jit';
import { LanguageModelError } from '../errors.ts';
import { onnxruntimeExecutor, providerExecutor, type Executor } from '../executor.ts';
import { packageVersion } from './backend-packages.ts';

/** Execution providers of ONNX Runtime that compute on GPUs, by the name of their executor. */
const providers: Readonly<Record<string, ExecutionProvider>> = { 'onnxruntime-cuda': 'cuda', 'onnxruntime-webgpu': 'webgpu' };

export const providerNames: readonly string[] = Object.keys(providers);

/** The executor of this name once it has computed a softmax, which on CUDA shows whether cuDNN is there. Throws `missing-executor`, saying why. */
export async function openProvider(name: string): Promise<Executor> {
  const executor = providerExecutor(providers[name]!);
  try {
    const spec = { shape: [1, 2, 2], dtype: 'float32' } as const;
    const compiled = await executor.compile((x, mask) => tf.softmax(tf.add(x!, mask!)), [spec, spec], {});
    await compiled.run([new Float32Array(4), new Float32Array(4)]);
    await compiled.dispose();
    return executor;
  } catch (cause) {
    const { message } = cause as Error;
    throw new LanguageModelError('missing-executor', TfjsJitError.isInstance(cause) ? message : `${name} fails: ${message}`, { cause });
  }
}

export function providerVersion(name: string): string {
  const version = `onnxruntime-node ${packageVersion('onnxruntime-node') ?? '(version not known)'}`;
  if (name === onnxruntimeExecutor.name) return version;
  // cuBLAS reads the variable when it is loaded, and ONNX Runtime's binding for Node passes no options to the provider.
  const rounded = name === 'onnxruntime-cuda' && process.env['NVIDIA_TF32_OVERRIDE'] !== '0';
  return `${version} on ${providers[name]}${rounded ? ' (products in TF32: NVIDIA_TF32_OVERRIDE=0 makes them float32)' : ''}`;
}

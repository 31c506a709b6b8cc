import * as tf from '@tensorflow/tfjs';
import { LanguageModelError } from '../errors.ts';
import { onnxruntimeExecutor, type Executor } from '../executor.ts';
import { backendPackages, loadBackend, packageVersion, type LoadBackendOptions } from './backend-packages.ts';
import { eagerExecutor } from './eager-executor.ts';
import { openProvider, providerNames, providerVersion } from './provider-executors.ts';

/** An executor that can be used here, or why not. */
export type ExecutorFinding =
  | { readonly name: string; readonly present: true; readonly executor: Executor; readonly version: string }
  | { readonly name: string; readonly present: false; readonly reason: string };

export type OpenExecutorOptions = LoadBackendOptions;

/** The executors that this package knows by name: the default, its providers on GPUs, then those that compile nothing, fastest first. */
export const executorNames: readonly string[] = ['onnxruntime', ...providerNames, 'tensorflow', 'wasm', 'cpu'];

/**
 * The executor of this name: `onnxruntime` (on the CPU), `onnxruntime-webgpu`, `onnxruntime-cuda`; `tensorflow` (what `@memtrain/tfjs-node-setup` set up, or an installed `@tensorflow/tfjs-node-gpu` or
 * `@tensorflow/tfjs-node`); `wasm` (`@tensorflow/tfjs-backend-wasm`); `cpu` (plain JavaScript); or any tfjs backend that the program registered.
 * Throws `missing-executor`, which says what to do.
 */
export async function openExecutor(name: string, options: OpenExecutorOptions = {}): Promise<Executor> {
  if (name === onnxruntimeExecutor.name) return onnxruntimeExecutor;
  if (providerNames.includes(name)) return openProvider(name);
  if (!executorNames.includes(name) && tf.findBackendFactory(name) === null) {
    throw new LanguageModelError('missing-executor', `there is no executor ${name}: choose one of ${executorNames.join(', ')}`);
  }
  await loadBackend(name, options);
  return eagerExecutor(name);
}

/** Tries every executor that this package knows by name; what is missing says why. */
export async function findExecutors(options: OpenExecutorOptions = {}): Promise<ExecutorFinding[]> {
  const findings: ExecutorFinding[] = [];
  for (const name of executorNames) {
    try {
      const executor = await openExecutor(name, options);
      findings.push({ name, present: true, executor, version: versionOf(name) });
    } catch (error) {
      if (!LanguageModelError.isInstance(error)) throw error;
      findings.push({ name, present: false, reason: error.message });
    }
  }
  return findings;
}

function versionOf(name: string): string {
  const tfjs = `@tensorflow/tfjs ${tf.version['tfjs-core']}`;
  if (name === onnxruntimeExecutor.name || providerNames.includes(name)) return `${providerVersion(name)}, compiled from ${tfjs}`;
  if (name === 'tensorflow') {
    const { binding, isUsingGpuDevice } = tf.engine().findBackend(name) as unknown as {
      binding?: { TF_Version?: string };
      isUsingGpuDevice?: boolean;
    };
    return `TensorFlow ${binding?.TF_Version ?? '(version not known)'} on the ${isUsingGpuDevice ? 'GPU' : 'CPU'}, eager by ${tfjs}`;
  }
  const own = backendPackages[name]?.packages[0];
  return own ? `${own} ${packageVersion(own) ?? '(version not known)'}, eager by ${tfjs}` : `eager by ${tfjs}`;
}

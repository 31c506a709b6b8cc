import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { TfjsJitError } from './errors.ts';
import type { ExecutionProvider } from './onnx-graph.ts';

const cudaLibraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const;

/** What a provider that does not start may lack. */
export function providerAdvice(provider: ExecutionProvider): string {
  if (provider === 'cuda')
    return `${cudaAdvice()}, and the CUDA and cuDNN libraries that these were built for where the loader looks (LD_LIBRARY_PATH)`;
  if (provider === 'webgpu')
    return 'it needs a GPU with a driver for Vulkan (on Linux also the loader, libvulkan.so.1), Metal or Direct3D 12';
  return 'reinstall onnxruntime-node';
}

/** Throws `provider-unavailable` when files are missing; ONNX Runtime would print errors of its own. Only Linux keeps them apart. */
export function requireFiles(provider: ExecutionProvider): void {
  if (provider !== 'cuda' || process.platform !== 'linux') return;
  const folder = libraryFolder();
  if (cudaLibraries.every((name) => existsSync(join(folder, name)))) return;
  throw new TfjsJitError('provider-unavailable', `ONNX Runtime's provider for cuda is not installed; ${cudaAdvice()}`);
}

function cudaAdvice(): string {
  return (
    `put ${cudaLibraries.join(' and ')} of the same version (in NuGet's Microsoft.ML.OnnxRuntime.Gpu.Linux for CUDA 12, ` +
    `or PyPI's onnxruntime-gpu for CUDA 13) into ${libraryFolder()}`
  );
}

function libraryFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

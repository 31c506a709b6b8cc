import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { constantBytes, encodeOnnx, nodeName } from './encode-onnx.ts';
import type { OnnxModel } from './encode-onnx.ts';
import { TfjsJitError } from './errors.ts';
import { createGraph } from './onnx-graph.ts';
import type { ExecutionProvider, Initializer } from './onnx-graph.ts';
import { providerAdvice, requireFiles } from './provider-advice.ts';
import { operatorTimes } from './operator-times.ts';
import type { OperatorTime } from './operator-times.ts';

export interface SessionOptions {
  /** Threads inside one operator; by default ONNX Runtime's own choice (the physical cores). */
  readonly threads?: number;
  /** ONNX Runtime's graph optimization level (default all). */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Where to compute (default cpu). What another provider has no kernel for still runs on the CPU. */
  readonly executionProvider?: ExecutionProvider;
  /** Record the time of every operator, for `profile()`. Costs some speed and memory. */
  readonly profile?: boolean;
  /**
   * Whether the session keeps the memory of a run for the next one (default true). Without, large functions take less than half of the memory, and
   * about a tenth more time.
   */
  readonly keepMemory?: boolean;
  /** Constants of this many bytes or more stay outside of the model that ONNX Runtime parses (default 65536). */
  readonly externalFrom?: number;
}

/** An ONNX Runtime session with its profile. */
export interface OpenSession {
  readonly session: InferenceSession;
  /** Ends the recording; empty when there is none. */
  readonly endProfile: () => Promise<OperatorTime[]>;
}

/** Throws `provider-unavailable` when the execution provider is not there. Constants are given by reference, so they may exceed 2 GiB. */
export async function openSession(model: OnnxModel, options: SessionOptions): Promise<OpenSession> {
  const { externalFrom = 65_536, executionProvider = 'cpu' } = options;
  requireFiles(executionProvider);
  const isExternal = ({ data }: Initializer): boolean => data.byteLength >= Math.max(1, externalFrom);
  const bytes = encodeOnnx(model, (constant) => (isExternal(constant) ? { location: constant.value.name, offset: 0 } : undefined));
  const external = model.constants.filter(isExternal).map((constant) => ({ path: constant.value.name, data: constantBytes(constant) }));
  const folder = options.profile === true ? await mkdtemp(join(tmpdir(), 'tfjs-jit-')) : undefined;
  try {
    const session = await create(bytes, options, model, {
      ...(external.length > 0 && { externalData: external }),
      ...(folder !== undefined && { enableProfiling: true, profileFilePrefix: join(folder, 'profile') }),
    });
    return { session, endProfile: profileReader(session, folder) };
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    if (executionProvider === 'cpu' || (await isAvailable(executionProvider))) throw error;
    throw new TfjsJitError(
      'provider-unavailable',
      `ONNX Runtime cannot compute on ${executionProvider} here (${reasonOf(error)}); ${providerAdvice(executionProvider)}`,
      { cause: error },
    );
  }
}

async function create(
  bytes: Uint8Array,
  options: SessionOptions,
  model: OnnxModel,
  more: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const { threads, optimization = 'all', executionProvider = 'cpu', keepMemory = true } = options;
  return InferenceSession.create(bytes, {
    graphOptimizationLevel: optimization,
    executionProviders: [providerOptions(executionProvider, model)],
    enableCpuMemArena: keepMemory,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // Threads that wait for the next run would take the processor from the JavaScript between runs, and from other sessions.
    extra: { session: { force_spinning_stop: '1' } },
    // Warnings speak of the optimizer's own doings; errors are thrown.
    logSeverityLevel: 3,
    ...more,
  });
}

/** The provider with the nodes that it shall leave to the CPU; only WebGPU can be told, and not of none. */
function providerOptions(executionProvider: ExecutionProvider, model: OnnxModel): InferenceSession.ExecutionProviderConfig {
  const names = model.nodes.filter(({ notOn = [] }) => notOn.includes(executionProvider)).map(nodeName);
  if (executionProvider !== 'webgpu' || names.length === 0) return executionProvider;
  return { name: 'webgpu', forceCpuNodeNames: names } as InferenceSession.WebGpuExecutionProviderOption;
}

/** The first line, without the place in ONNX Runtime's sources. */
function reasonOf(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  return line.replace(/^\S+\.cc:\d+ .* was false\. /, '').slice(0, 300);
}

/** Whether the smallest model runs there: tells a missing provider from a model that it does not take. */
async function isAvailable(executionProvider: ExecutionProvider): Promise<boolean> {
  const graph = createGraph();
  const input = { name: 'input_0', shape: [1], type: 'float32' } as const;
  graph.nodes.push({ operator: 'Neg', domain: '', inputs: [input.name], outputs: ['output_0'], attributes: {} });
  const model = { nodes: graph.nodes, constants: [], inputs: [input], outputs: [{ ...input, name: 'output_0' }] };
  try {
    const session = await create(encodeOnnx(model), { executionProvider }, model, {});
    await session.release();
    return true;
  } catch {
    return false;
  }
}

function profileReader(session: InferenceSession, folder: string | undefined): () => Promise<OperatorTime[]> {
  let ended: Promise<OperatorTime[]> | undefined;
  const end = async (): Promise<OperatorTime[]> => {
    if (folder === undefined) return [];
    session.endProfiling();
    const [file] = await readdir(folder);
    const times = file === undefined ? [] : operatorTimes(await readFile(join(folder, file), 'utf8'));
    await rm(folder, { recursive: true, force: true });
    return times;
  };
  return () => (ended ??= end());
}

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { constantBytes, encodeOnnx } from './encode-onnx.ts';
import type { OnnxModel } from './encode-onnx.ts';
import { TfjsJitError } from './errors.ts';
import { createGraph } from './onnx-graph.ts';
import type { Initializer } from './onnx-graph.ts';
import { operatorTimes } from './operator-times.ts';
import type { OperatorTime } from './operator-times.ts';

/** Where ONNX Runtime computes. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda';

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
  const isExternal = ({ data }: Initializer): boolean => data.byteLength >= Math.max(1, externalFrom);
  const bytes = encodeOnnx(model, (constant) => (isExternal(constant) ? { location: constant.value.name, offset: 0 } : undefined));
  const external = model.constants.filter(isExternal).map((constant) => ({ path: constant.value.name, data: constantBytes(constant) }));
  const folder = options.profile === true ? await mkdtemp(join(tmpdir(), 'tfjs-jit-')) : undefined;
  try {
    const session = await create(bytes, options, {
      ...(external.length > 0 && { externalData: external }),
      ...(folder !== undefined && { enableProfiling: true, profileFilePrefix: join(folder, 'profile') }),
    });
    return { session, endProfile: profileReader(session, folder) };
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    if (executionProvider === 'cpu' || (await isAvailable(executionProvider))) throw error;
    throw new TfjsJitError(
      'provider-unavailable',
      `ONNX Runtime cannot compute on ${executionProvider} here (${error instanceof Error ? error.message.slice(0, 300) : String(error)}); use the ` +
        `execution provider cpu, or install what ${executionProvider} needs`,
      { cause: error },
    );
  }
}

async function create(bytes: Uint8Array, options: SessionOptions, more: InferenceSession.SessionOptions): Promise<InferenceSession> {
  const { threads, optimization = 'all', executionProvider = 'cpu', keepMemory = true } = options;
  return InferenceSession.create(bytes, {
    graphOptimizationLevel: optimization,
    executionProviders: [executionProvider],
    enableCpuMemArena: keepMemory,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // Warnings speak of the optimizer's own doings; errors are thrown.
    logSeverityLevel: 3,
    ...more,
  });
}

/** Whether the smallest model runs there: tells a missing provider from a model that it does not take. */
async function isAvailable(executionProvider: ExecutionProvider): Promise<boolean> {
  const graph = createGraph();
  const input = { name: 'input_0', shape: [1], type: 'float32' } as const;
  graph.nodes.push({ operator: 'Neg', domain: '', inputs: [input.name], outputs: ['output_0'], attributes: {} });
  const bytes = encodeOnnx({ nodes: graph.nodes, constants: [], inputs: [input], outputs: [{ ...input, name: 'output_0' }] });
  try {
    const session = await create(bytes, { executionProvider }, {});
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

/**
 * Training steps compiled by @memtrain/tfjs-jit beside the same functions on the tfjs backends that are installed.
 * `npm run bench -- tfjs-jit [--out FOLDER]`
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { jit } from '@memtrain/tfjs-jit';

type State = tf.Tensor[];

interface Task {
  readonly name: string;
  readonly what: string;
  readonly shapes: readonly (readonly number[])[];
  readonly batch: readonly (readonly number[])[];
  readonly loss: (parameters: tf.Tensor[], x: tf.Tensor, y: tf.Tensor) => tf.Scalar;
}

const crossEntropy = (logits: tf.Tensor, y: tf.Tensor): tf.Scalar => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), y), -1)));

const tasks: readonly Task[] = [
  {
    name: 'perceptron',
    what: '784-512-512-10, batch 128, Adam',
    shapes: [[784, 512], [512], [512, 512], [512], [512, 10], [10]],
    batch: [
      [128, 784],
      [128, 10],
    ],
    loss: ([a, b, c, d, e, f], x, y) => {
      const dense = (input: tf.Tensor, w: tf.Tensor, bias: tf.Tensor): tf.Tensor => tf.add(tf.matMul(input, w), bias);
      return crossEntropy(dense(tf.relu(dense(tf.relu(dense(x, a!, b!)), c!, d!)), e!, f!), y);
    },
  },
  {
    name: 'convolutions',
    what: '28 x 28, 3 x 3 x 16 and 3 x 3 x 32 with pooling, dense 10, batch 16, Adam',
    shapes: [
      [3, 3, 1, 16],
      [3, 3, 16, 32],
      [7 * 7 * 32, 10],
    ],
    batch: [
      [16, 28, 28, 1],
      [16, 10],
    ],
    loss: ([first, second, dense], x, y) => {
      const block = (input: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        tf.maxPool(tf.relu(tf.conv2d(input as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')), 2, 2, 'valid');
      return crossEntropy(tf.matMul(tf.reshape(block(block(x, first!), second!), [16, -1]), dense!), y);
    },
  },
];

/** One step: loss, gradients, Adam. State is parameters, first and second moments; one function for eager and compiled. */
function trainingStep(task: Task): (state: State, x: tf.Tensor, y: tf.Tensor) => { loss: tf.Tensor; state: State } {
  const count = task.shapes.length;
  return (state, x, y) => {
    const parameters = state.slice(0, count);
    const { value, grads } = tf.valueAndGrads((...at: tf.Tensor[]) => task.loss(at, x, y))(parameters);
    const first = grads.map((gradient, index) => tf.add(tf.mul(state[count + index]!, 0.9), tf.mul(gradient, 0.1)));
    const second = grads.map((gradient, index) => tf.add(tf.mul(state[2 * count + index]!, 0.999), tf.mul(tf.square(gradient), 0.001)));
    const next = parameters.map((parameter, index) =>
      tf.sub(parameter, tf.mul(0.001, tf.div(first[index]!, tf.add(tf.sqrt(second[index]!), 1e-8)))),
    );
    return { loss: value, state: [...next, ...first, ...second] };
  };
}

function initialState(task: Task): State {
  const parameters = task.shapes.map((shape, seed) => tf.randomNormal([...shape], 0, 0.05, 'float32', seed + 1));
  const zeros = (): tf.Tensor[] => task.shapes.map((shape) => tf.zeros([...shape]));
  return [...parameters, ...zeros(), ...zeros()];
}

interface Timed {
  readonly medianMilliseconds: number;
  readonly firstMilliseconds: number;
  /** After `comparedSteps` steps: the engines must agree. */
  readonly loss: number;
}

const comparedSteps = 4;

/** `steps` steps; the first, which compiles, apart. */
async function timed(task: Task, steps: number, run: ReturnType<typeof trainingStep> | Jitted): Promise<Timed> {
  const [x, y] = task.batch.map((shape, seed) => tf.randomUniform([...shape], 0, 1, 'float32', seed + 50)) as [tf.Tensor, tf.Tensor];
  let state = initialState(task);
  let loss = Number.NaN;
  const times: number[] = [];
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    const result = await run(state, x, y);
    const [value] = await result.loss.data();
    if (step < comparedSteps) loss = value!;
    times.push(performance.now() - start);
    tf.dispose([state.filter((tensor) => !tensor.isDisposed), result.loss]);
    ({ state } = result);
  }
  tf.dispose([state, x, y]);
  const [first = 0, ...rest] = times;
  return { medianMilliseconds: rest.toSorted((a, b) => a - b)[Math.floor(rest.length / 2)]!, firstMilliseconds: first, loss };
}

type Jitted = (state: State, x: tf.Tensor, y: tf.Tensor) => Promise<{ loss: tf.Tensor; state: State }>;

/** Runs the benchmark. */
export async function main(args: string[]): Promise<void> {
  const folder = args.includes('--out') ? args[args.indexOf('--out') + 1]! : join(import.meta.dirname, '../docs/results');
  const started = performance.now();
  await tf.ready();
  const rows: (Timed & { readonly task: string; readonly engine: string; readonly speedup: number })[] = [];
  for (const task of tasks) {
    const step = trainingStep(task);
    const eager = await timed(task, comparedSteps, (state, x, y) => {
      const result = tf.tidy(() => step(state, x, y) as unknown as tf.TensorContainerObject);
      return result as unknown as ReturnType<typeof step>;
    });
    rows.push({ task: `${task.name} (${task.what})`, engine: `tfjs ${tf.getBackend()}, 1 thread`, ...eager, speedup: 1 });
    for (const threads of [1, 2]) {
      const compiled = jit(step, { threads, donate: [0] });
      const figures = await timed(task, 31, compiled as unknown as Jitted);
      const speedup = eager.medianMilliseconds / figures.medianMilliseconds;
      rows.push({ task: task.name, engine: `tfjs-jit, ${threads} thread${threads > 1 ? 's' : ''}`, ...figures, speedup });
      await compiled.dispose();
    }
  }
  const result = {
    benchmark: 'tfjs-jit',
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim(),
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}`,
    tfjs: tf.version['tfjs-core'],
    wallSeconds: (performance.now() - started) / 1000,
    rows,
  };
  const table = [
    '# tfjs-jit: one training step',
    '',
    `Median of the steps after the first (4 eager, 31 compiled), seeds 1 to 6, 50, 51; commit ${result.commit}; ${result.machine}; tfjs ${result.tfjs}; ` +
      `wall time ${result.wallSeconds.toFixed(0)} s. \`npm run bench -- tfjs-jit\``,
    '',
    '| task | engine | step, ms | first step, ms | times as fast | loss of step 4 |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ task, engine, medianMilliseconds, firstMilliseconds, speedup, loss }) =>
        `| ${task} | ${engine} | ${medianMilliseconds.toFixed(1)} | ${firstMilliseconds.toFixed(0)} | ${speedup.toFixed(1)} | ${loss.toFixed(4)} |`,
    ),
    '',
  ].join('\n');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of [
    ['tfjs-jit.json', `${JSON.stringify(result, undefined, 2)}\n`],
    ['tfjs-jit.md', table],
  ] as const) {
    writeFileSync(join(folder, `${name}.tmp`), text);
    renameSync(join(folder, `${name}.tmp`), join(folder, name));
  }
  console.log(table);
}

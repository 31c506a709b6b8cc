import { afterEach, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fill } from '@tensorflow/tfjs';
import { compile, TfjsJitError } from '@memtrain/tfjs-jit';
import type { CompiledFunction, CompileOptions, TensorFunction, TensorSpec } from '@memtrain/tfjs-jit';

const held: CompiledFunction[] = [];

async function compiledFor(
  fn: TensorFunction,
  inputs: readonly TensorSpec[],
  options: CompileOptions = { threads: 1 },
): Promise<CompiledFunction> {
  const compiled = await compile(fn, inputs, options);
  held.push(compiled);
  return compiled;
}

afterEach(async () => {
  await Promise.all(held.splice(0).map((compiled) => compiled.dispose()));
});

const vector = (size: number): TensorSpec => ({ shape: [size], dtype: 'float32' });

describe('running', () => {
  test('outputs come in order, with their shapes and types, in fresh arrays', async () => {
    const compiled = await compiledFor((a, b) => [tf.add(a!, b!), tf.greater(a!, b!), tf.cast(b!, 'int32')], [vector(2), vector(2)]);
    expect(compiled.outputs).toEqual([vector(2), { shape: [2], dtype: 'bool' }, { shape: [2], dtype: 'int32' }]);
    const feeds = [Float32Array.of(1, 5), Float32Array.of(3, 4)];
    const first = await compiled.run(feeds);
    expect(first).toEqual([Float32Array.of(4, 9), Uint8Array.of(0, 1), Int32Array.of(3, 4)]);
    const second = await compiled.run(feeds);
    expect(second[0]).not.toBe(first[0]);
  });

  test('a feed is read in place: a change before the next run is seen', async () => {
    const compiled = await compiledFor((x) => tf.mul(x!, 2), [vector(2)]);
    const whole = Float32Array.of(9, 1, 2, 9);
    const feed = whole.subarray(1, 3);
    expect(await compiled.run([feed])).toEqual([Float32Array.of(2, 4)]);
    whole[1] = 10;
    expect(await compiled.run([feed])).toEqual([Float32Array.of(20, 4)]);
    expect(feed).toEqual(Float32Array.of(10, 2));
  });

  test('a given buffer is filled and returned; the others are allocated', async () => {
    const compiled = await compiledFor((x) => [tf.mul(x!, 2), tf.cast(tf.neg(x!), 'int32')], [vector(2)]);
    const whole = new Float32Array(4);
    const buffer = whole.subarray(1, 3);
    const outputs = await compiled.run([Float32Array.of(1, 2)], [buffer]);
    expect(outputs[0]).toBe(buffer);
    expect(whole).toEqual(Float32Array.of(0, 2, 4, 0));
    expect(outputs[1]).toEqual(Int32Array.of(-1, -2));
    const integers = new Int32Array(2);
    expect((await compiled.run([Float32Array.of(3, 4)], [undefined, integers]))[1]).toBe(integers);
    expect(integers).toEqual(Int32Array.of(-3, -4));
  });

  test('a buffer may be a feed: it is written after everything was read', async () => {
    const compiled = await compiledFor((x, y) => [tf.add(x!, y!), tf.sub(x!, y!)], [vector(2), vector(2)]);
    const [x, y] = [Float32Array.of(1, 2), Float32Array.of(10, 20)];
    await compiled.run([x, y], [x, y]);
    expect([x, y]).toEqual([Float32Array.of(11, 22), Float32Array.of(-9, -18)]);
  });

  test('an input, a constant and one tensor twice can be outputs', async () => {
    const compiled = await compiledFor(
      (x) => {
        const doubled = tf.mul(x!, 2);
        return [x!, doubled, doubled, tf.tensor1d([7, 8]), tf.zeros([100])];
      },
      [vector(1)],
    );
    const outputs = await compiled.run([Float32Array.of(3)]);
    expect(outputs.map((output) => Array.from(output))).toEqual([[3], [6], [6], [7, 8], Array(100).fill(0)]);
  });

  test('inputs and outputs without elements', async () => {
    const compiled = await compiledFor((x, e) => [tf.concat([x!, e!]), tf.mul(e!, 2), tf.sum(e!)], [vector(1), vector(0)]);
    expect(await compiled.run([Float32Array.of(3), new Float32Array(0)])).toEqual([
      Float32Array.of(3),
      new Float32Array(0),
      Float32Array.of(0),
    ]);
    const nothing = await compiledFor((e) => tf.neg(e!), [vector(0)]);
    expect(await nothing.run([new Float32Array(0)])).toEqual([new Float32Array(0)]);
  });

  test('runs may overlap, and every optimization level gives the result', async () => {
    for (const optimization of ['disabled', 'basic', 'extended', 'all'] as const) {
      const compiled = await compiledFor((x) => tf.softmax(tf.mul(x!, tf.ones([3]))), [vector(3)], { optimization, threads: 1 });
      const results = await Promise.all([0, 1].map((shift) => compiled.run([Float32Array.of(shift, shift, shift)])));
      for (const [result] of results) for (const share of result!) expect(share).toBeCloseTo(1 / 3, 6);
    }
  });

  test('rows of equal index all add up on several threads', async () => {
    const [rows, width] = [2048, 128];
    const compiled = await compiledFor(
      (x, i) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 4),
      [
        { shape: [rows, width], dtype: 'float32' },
        { shape: [rows], dtype: 'int32' },
      ],
      { threads: 4 },
    );
    const feeds = [new Float32Array(rows * width).fill(1), Int32Array.from({ length: rows }, (_, row) => row % 4)];
    for (let repeat = 0; repeat < 10; repeat++) expect((await compiled.run(feeds))[0]!.every((sum) => sum === rows / 4)).toBe(true);
  });
});

describe('tracing', () => {
  test('a tensor of outside becomes a constant, and keeps its value and its backend', async () => {
    const outside = tf.tensor1d([1, 2]);
    const compiled = await compiledFor((x) => tf.mul(x!, outside), [vector(2)]);
    expect(await compiled.run([Float32Array.of(3, 4)])).toEqual([Float32Array.of(3, 8)]);
    expect(Array.from(outside.dataSync())).toEqual([1, 2]);
    outside.dispose();
  });

  test('tensors of outside that share their data keep their shapes', async () => {
    const [flat, column] = [tf.tensor1d([1, 2]), tf.tensor1d([1, 2])];
    const square = tf.reshape(flat, [2, 1]);
    const compiled = await compiledFor((x) => [tf.mul(flat, x!), tf.mul(square, x!), column], [vector(1)]);
    expect(compiled.outputs.map(({ shape }) => shape)).toEqual([[2], [2, 1], [2]]);
    expect((await compiled.run([Float32Array.of(3)])).map((output) => Array.from(output))).toEqual([
      [3, 6],
      [3, 6],
      [1, 2],
    ]);
    tf.dispose([flat, column, square]);
  });

  test('a variable of outside is read at each run', async () => {
    const variable = tf.variable(tf.tensor1d([10, 20]), true, 'offset');
    const unused = tf.variable(tf.scalar(1));
    const compiled = await compiledFor(
      (x) => {
        tf.neg(unused);
        return [tf.add(x!, variable), variable];
      },
      [vector(2)],
    );
    expect(await compiled.run([Float32Array.of(3, 4)])).toEqual([Float32Array.of(13, 24), Float32Array.of(10, 20)]);
    variable.assign(tf.tensor1d([0, 1]));
    unused.dispose();
    expect(await compiled.run([Float32Array.of(3, 4)])).toEqual([Float32Array.of(3, 5), Float32Array.of(0, 1)]);
    variable.dispose();
    await expect(compiled.run([Float32Array.of(3, 4)])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('offset'),
    });
  });

  test('large uniform tensors and ranges are expressed, not stored', async () => {
    const size = 100_000;
    const compiled = await compiledFor(
      (x) => [tf.zeros([size]), tf.ones([size], 'int32'), fill([size], 3), tf.range(0, size), tf.zerosLike(tf.tile(x!, [size]))],
      [vector(1)],
    );
    expect(compiled.onnx.length).toBeLessThan(2000);
    const outputs = await compiled.run([Float32Array.of(1)]);
    expect(outputs.map((output) => [output[0], output[size - 1]])).toEqual([
      [0, 0],
      [1, 1],
      [3, 3],
      [0, size - 1],
      [0, 0],
    ]);
  });

  test('what no output needs is left out', async () => {
    const weights = tf.tensor1d(Float32Array.from({ length: 10_000 }, (_, index) => index));
    const compiled = await compiledFor(
      (x) => {
        tf.mul(tf.sum(weights), x!);
        return tf.neg(x!);
      },
      [vector(1)],
    );
    expect(compiled.onnx.length).toBeLessThan(500);
    weights.dispose();
  });

  test('a constant made while tracing can be read', async () => {
    const compiled = await compiledFor((x) => tf.mul(x!, tf.scalar(2).dataSync()[0]! + 1), [vector(1)]);
    expect(await compiled.run([Float32Array.of(2)])).toEqual([Float32Array.of(6)]);
  });

  test('no tensor is left behind, and the same function gives the same bytes', async () => {
    const fn = (x: tf.Tensor): tf.Tensor => tf.sum(tf.grad((y: tf.Tensor) => tf.sum(tf.exp(y)))(x));
    const before = tf.memory();
    const [first, second] = [await compiledFor(fn as TensorFunction, [vector(3)]), await compiledFor(fn as TensorFunction, [vector(3)])];
    expect(tf.memory()).toEqual(before);
    expect(first.onnx).toEqual(second.onnx);
  });
});

describe('errors leave the active backend as it was', () => {
  const failing: readonly (readonly [string, string, RegExp, TensorFunction])[] = [
    ['an unsupported kernel', 'unsupported-kernel', /\bFFT\b|Complex/, (x) => tf.real(tf.fft(tf.complex(x!, x!)))],
    ['another unsupported kernel', 'unsupported-kernel', /Multinomial/, (x) => tf.multinomial(x as tf.Tensor1D, 3, 1)],
    ['a read', 'data-dependent-read', /dataSync/, (x) => tf.mul(x!, x!.dataSync()[0]!)],
    [
      'a read of a computed tensor',
      'data-dependent-read',
      /return what you want to read/,
      (x) => tf.tensor(tf.neg(x!).arraySync() as number[]),
    ],
    ['an asynchronous function', 'bad-function', /asynchronous/, (async (x: tf.Tensor) => x) as unknown as TensorFunction],
    ['a result that is no tensor', 'bad-function', /number as output 0/, (() => 3) as unknown as TensorFunction],
  ];
  for (const [what, code, message, fn] of failing) {
    test(what, async () => {
      const before = tf.memory().numTensors;
      await expect(compile(fn, [vector(2)])).rejects.toMatchObject({ name: 'TfjsJitError', code, message: expect.stringMatching(message) });
      expect(tf.getBackend()).toBe('cpu');
      expect(tf.memory().numTensors).toBe(before);
      expect(Array.from(tf.add(1, 2).dataSync())).toEqual([3]);
    });
  }

  test('what the function throws is passed on', async () => {
    const own = new RangeError('mine');
    await expect(
      compile(
        () =>
          tf.tidy(() => {
            throw own;
          }),
        [],
      ),
    ).rejects.toBe(own);
    expect(tf.getBackend()).toBe('cpu');
  });

  test('a trace inside a trace', async () => {
    let inner: Promise<unknown> = Promise.resolve();
    const compiled = await compiledFor(
      (x) => {
        inner = compile((y) => y!, [vector(1)]);
        return x!;
      },
      [vector(1)],
    );
    // It waits for the outer trace: the two are never interleaved.
    await expect(inner.then((other) => (other as CompiledFunction).run([Float32Array.of(5)]))).resolves.toEqual([Float32Array.of(5)]);
    expect(await compiled.run([Float32Array.of(4)])).toEqual([Float32Array.of(4)]);
    expect(tf.getBackend()).toBe('cpu');
  });

  test('assigning a variable: its value is kept', async () => {
    const variable = tf.variable(tf.tensor1d([1, 2]), true, 'kept');
    const before = tf.memory();
    const attempt = compile(
      (x) => {
        variable.assign(x as tf.Tensor1D);
        return x!;
      },
      [vector(2)],
    );
    await expect(attempt).rejects.toMatchObject({ code: 'bad-function', message: expect.stringMatching(/variable kept/) });
    expect(Array.from(variable.dataSync())).toEqual([1, 2]);
    expect(tf.memory()).toEqual(before);
    expect(tf.getBackend()).toBe('cpu');
    variable.dispose();
  });

  test('a tensor that escaped a trace cannot be read later', async () => {
    let escaped: tf.Tensor | undefined;
    await compiledFor(
      (x) => {
        escaped = tf.keep(tf.neg(x!));
        return x!;
      },
      [vector(1)],
    );
    expect(() => escaped?.dataSync()).toThrow(expect.objectContaining({ code: 'data-dependent-read' }));
    escaped?.dispose();
  });

  test('bad shapes', async () => {
    await expect(compile((x) => x!, [{ shape: [-1, 2], dtype: 'float32' }])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('[-1, 2]'),
    });
    await expect(compile((x) => x!, [{ shape: [1], dtype: 'string' as 'int32' }])).rejects.toMatchObject({
      message: expect.stringContaining('string'),
    });
  });

  test('bad feeds, bad buffers, and a run after dispose', async () => {
    const compiled = await compiledFor((x) => x!, [vector(2)]);
    const good = new Float32Array(2);
    for (const [feeds, into] of [
      [[]],
      [[new Float32Array(3)]],
      [[new Int32Array(2)]],
      [[good], [new Float32Array(1)]],
      [[good], [good, good]],
    ] as const) {
      await expect(compiled.run(feeds, into)).rejects.toMatchObject({ code: 'bad-input' });
    }
    await compiled.dispose();
    await compiled.dispose();
    const error: unknown = await compiled.run([good]).catch((reason: unknown) => reason);
    expect(TfjsJitError.isInstance(error) && error.code).toBe('disposed');
  });
});

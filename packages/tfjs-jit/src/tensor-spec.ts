import { TfjsJitError } from './errors.ts';

/** The tensor types that a compiled function takes and returns. */
export type TensorType = 'float32' | 'int32' | 'bool';

/** Shape and element type of one input or output. A compiled function has fixed shapes. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: TensorType;
}

/** The data of a tensor, row-major: Float32Array for float32, Int32Array for int32, Uint8Array (0 or 1) for bool. */
export type TypedData = Float32Array | Int32Array | Uint8Array;

const arrayNames = { float32: 'Float32Array', int32: 'Int32Array', bool: 'Uint8Array' } as const;

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function asTensorType(dtype: string, where: string): TensorType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new TfjsJitError('unsupported-kernel', `${where}: dtype ${dtype} cannot be compiled; use float32, int32 or bool`);
}

export function allocate(spec: TensorSpec): TypedData {
  const size = sizeOf(spec.shape);
  if (spec.dtype === 'float32') return new Float32Array(size);
  return spec.dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** Copies any array of numbers or booleans into the array type of `dtype`; returns it as is when it already has that type. */
export function typedDataFrom(values: ArrayLike<number | boolean>, dtype: TensorType): TypedData {
  if (isTypedDataOf(values, dtype)) return values;
  const numbers = Array.from(values, Number);
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

/** Throws `bad-input` unless `data` has the array type and the length of `spec`. */
export function checkData(data: unknown, spec: TensorSpec, where: string): void {
  const size = sizeOf(spec.shape);
  if (isTypedDataOf(data, spec.dtype) && data.length === size) return;
  const got = ArrayBuffer.isView(data) ? `${tagOf(data)} of length ${(data as Uint8Array).length}` : String(data);
  throw new TfjsJitError(
    'bad-input',
    `${where} must be a ${arrayNames[spec.dtype]} of length ${size} (${spec.dtype} of shape [${spec.shape.join(', ')}]), got ${got}`,
  );
}

function isTypedDataOf(data: unknown, dtype: TensorType): data is TypedData {
  return ArrayBuffer.isView(data) && tagOf(data) === arrayNames[dtype];
}

/** The tensor type whose data an array holds. */
export function arrayTypeOf(data: TypedData): TensorType {
  return (Object.keys(arrayNames) as TensorType[]).find((type) => arrayNames[type] === tagOf(data)) ?? 'bool';
}

// The tag, not instanceof: an array may come from another realm (a vm context, a worker).
function tagOf(data: ArrayBufferView): string {
  return Object.prototype.toString.call(data).slice('[object '.length, -1);
}

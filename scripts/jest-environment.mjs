import { TestEnvironment } from 'jest-environment-node';

/** Native addons (ONNX Runtime) test typed arrays against the main realm's classes, so tests must see those and not their own realm's copies. */
export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, {
      Float32Array,
      Float64Array,
      Int8Array,
      Int16Array,
      Int32Array,
      Uint8ClampedArray,
      Uint16Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    });
  }
}

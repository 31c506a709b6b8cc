/**
 * Jest gives a test its own typed-array constructors, while ONNX Runtime's native code makes arrays of Node's and checks them with `instanceof`.
 * Imported before a compiled function runs (or named in Jest's `setupFiles`), this makes that check look at the kind of array, not at the realm.
 */
for (const constructor of [Float32Array, Int32Array, Uint8Array]) {
  const isInstance = Object.getOwnPropertyDescriptor(Function.prototype, Symbol.hasInstance)?.value as (value: unknown) => boolean;
  Object.defineProperty(constructor, Symbol.hasInstance, {
    configurable: true,
    value(this: unknown, value: unknown): boolean {
      if (this !== constructor) return isInstance.call(this, value);
      return isInstance.call(this, value) || Object.prototype.toString.call(value) === `[object ${constructor.name}]`;
    },
  });
}

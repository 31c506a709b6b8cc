import util from 'node:util';

/**
 * Puts back `util.isNullOrUndefined` and `util.isArray`, which Node 23 removed and @tensorflow/tfjs-node 4.22 calls; Node 22 has them, but warns.
 * (Fixed upstream in tfjs#8425, never released: tfjs#8609.)
 */
export function patchUtil(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  });
}

import * as tf from '@tensorflow/tfjs';
import { TfjsJitError } from './errors.ts';

export interface HeldVariables {
  /** By the data that they have. */
  readonly variables: ReadonlyMap<tf.DataId, tf.Variable>;
  readonly release: () => void;
}

/**
 * Keeps the values of all tfjs variables through a trace: assigning one there would replace its value by a tensor that has none.
 * `release` restores the assigned ones and throws `bad-function` if there were any.
 */
export function holdVariables(): HeldVariables {
  const engine = tf.engine();
  const held = Object.values(engine.registeredVariables).flatMap((variable) => {
    const backend = engine.state.tensorInfo.get(variable.dataId)?.backend;
    backend?.incRef(variable.dataId);
    return backend === undefined ? [] : [{ variable, dataId: variable.dataId, backend }];
  });
  return {
    variables: new Map(held.map(({ variable, dataId }) => [dataId, variable])),
    release: () => {
      const assigned = held.filter(({ variable, dataId }) => variable.dataId !== dataId);
      for (const { variable, dataId } of assigned) variable.dataId = dataId;
      for (const { dataId, backend } of held) backend.disposeData(dataId);
      if (assigned.length === 0) return;
      const names = assigned.map(({ variable }) => variable.name).join(', ');
      throw new TfjsJitError(
        'bad-function',
        `the traced function assigned the variable ${names} (an optimizer does, too); its value was kept. Return the new value instead, and assign it outside`,
      );
    },
  };
}

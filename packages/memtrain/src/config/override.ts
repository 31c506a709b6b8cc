import { MemtrainError } from '../errors.ts';

/**
 * A copy of a configuration with `--set` assignments applied in order. `a.b=1` sets key `b` of object `a`;
 * the value is read as JSON, and as plain text when it is not JSON. Throws `MemtrainError` (`usage`) for anything else.
 */
export function overrideConfig(config: unknown, assignments: readonly string[]): unknown {
  const copy: unknown = structuredClone(config);
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const keys = assignment.slice(0, Math.max(0, at)).split('.');
    if (at < 1 || keys.some((key) => key.trim() === '')) {
      throw new MemtrainError('usage', `--set ${assignment}: write it as key.path=value, for example --set optimizer.learningRate=1e-4`);
    }
    assign(copy, keys, readValue(assignment.slice(at + 1)), assignment);
  }
  return copy;
}

function assign(target: unknown, keys: readonly string[], value: unknown, assignment: string): void {
  let inner = target;
  keys.forEach((key, index) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) {
      throw new MemtrainError(
        'usage',
        `--set ${assignment}: "${keys.slice(0, index).join('.')}" is not a section, so it has no key "${key}"`,
      );
    }
    const section = inner as Record<string, unknown>;
    if (index === keys.length - 1) define(section, key, value);
    else if (!Object.hasOwn(section, key)) define(section, key, {});
    inner = section[key];
  });
}

/** Plain assignment would follow `__proto__`. */
function define(section: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(section, key, { value, enumerable: true, configurable: true, writable: true });
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

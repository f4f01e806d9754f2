import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import type { ActionStatus } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';

/** @throws {@link Problem} `bad-request` that says `otherwise` when `value` is no object. */
export function asObject(value: JsonValue | undefined, otherwise: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Problem('bad-request', `${otherwise}, not ${JSON.stringify(value)}`);
}

/**
 * The names in a `get`.
 *
 * @returns `undefined` when all are meant.
 * @throws {@link Problem} `bad-request` when it is no list of names.
 */
export function asNames(value: JsonValue): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    throw new Problem(
      'bad-request',
      `get takes a list of property names, not ${JSON.stringify(value)}`,
    );
  }
  return value.length === 0 ? undefined : value;
}

/** A run as it travels on `action` and in replies: under the name of its action. */
export function statusMessage({ action, ...status }: ActionStatus): JsonObject {
  return { [action]: status as unknown as JsonObject };
}

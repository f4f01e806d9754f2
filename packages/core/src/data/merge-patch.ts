import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { jsonEquals } from './json-equals.ts';

/**
 * What `target` becomes by a merge patch: members are replaced, and taken away where the patch says null.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7396 | RFC 7396}
 */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const members = new Map(isJsonObject(target) ? Object.entries(target as JsonObject) : []);
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), change));
  }
  return Object.fromEntries(members);
}

/**
 * The merge patch that makes `after` of `before`.
 *
 * A null in `after` cannot be said by a merge patch: it reads as taken away.
 */
export function diffPatch(before: JsonObject, after: JsonObject): JsonObject {
  const changes = new Map<string, JsonValue>();
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name)) changes.set(name, null);
  }
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (jsonEquals(old, value)) continue;
    changes.set(name, isJsonObject(old) && isJsonObject(value) ? diffPatch(old, value) : value);
  }
  return Object.fromEntries(changes);
}

import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

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

import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  type ThingRecord,
  type Things,
} from '@thingtalk/core';
import { someOf } from '../webthings/webthings-messages.ts';

/**
 * Writes what a `setProperty` asks for, all or nothing.
 *
 * @returns the properties that already had the value: no change tells of them, so the setter must be told apart.
 */
export async function setProperties(
  things: Things,
  thing: ThingRecord,
  data: JsonObject,
): Promise<readonly { readonly name: string; readonly json: string }[]> {
  const before = someOf(data, 'property').map(([name]) => ({ name, state: thing.property(name) }));
  await things.writeProperties(thing.id, data);
  return before.flatMap(({ name, state }) => {
    const now = thing.property(name);
    return now !== undefined && now.version === state?.version ? [{ name, json: now.json }] : [];
  });
}

/** Starts what a `requestAction` asks for: `{fade: {input: ...}}`. */
export async function requestActions(
  things: Things,
  thing: ThingRecord,
  data: JsonObject,
): Promise<void> {
  const requests = someOf(data, 'action').map(([name, request]) => ({
    name,
    input: inputOf(name, request),
  }));
  await Promise.all(requests.map(({ name, input }) => things.invokeAction(thing.id, name, input)));
}

function inputOf(name: string, request: JsonValue): JsonValue | undefined {
  if (isJsonObject(request)) return request.input;
  throw new Problem(
    'bad-request',
    `'data.${name}' must be an object, not ${JSON.stringify(request)}`,
  );
}

import {
  checkRunId,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  type ThingRecord,
  type Things,
} from '@thingtalk/core';
import { someOf } from '../webthings/webthings-messages.ts';
import type { Request } from './connection.ts';

/** What messages of the dialect ask for, in the words of the W3C. */
const operations = new Map([
  ['setProperty', 'writemultipleproperties'],
  ['requestAction', 'invokeaction'],
  ['addEventSubscription', 'subscribeevent'],
]);

/** What a message asks for, as it is written down. */
export function requestOf(
  messageType: string,
  thing: string,
  perform: () => Promise<void>,
): Request {
  return { what: operations.get(messageType) ?? messageType, on: thing, perform };
}

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

/** Starts what a `requestAction` asks for: `{fade: {input: ..., id?: ...}}`; asking twice under one id starts it once. */
export async function requestActions(
  things: Things,
  thing: ThingRecord,
  data: JsonObject,
): Promise<void> {
  const requests = someOf(data, 'action').map(([name, request]) => {
    const { input, id } = actionRequest(name, request);
    const options = id === undefined ? {} : { id: checkRunId(`'data.${name}.id'`, id) };
    return { name, input, options };
  });
  await Promise.all(
    requests.map(({ name, input, options }) => things.invokeAction(thing.id, name, input, options)),
  );
}

function actionRequest(name: string, request: JsonValue): JsonObject {
  if (isJsonObject(request)) return request;
  throw new Problem(
    'bad-request',
    `'data.${name}' must be an object, not ${JSON.stringify(request)}`,
  );
}

import {
  type ActionStatus,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  Problem,
  parseJson,
} from '@thingtalk/core';
import type { Change } from '../feed/change.ts';

/** A message of the webthings dialect, from a client or to it. */
export interface WebthingsMessage {
  readonly messageType: string;
  readonly data: JsonObject;
}

/** What a run of an action goes through in the webthings dialect. */
export type WebthingsState = 'created' | 'pending' | 'completed' | 'error';

/** A point in time as the webthings dialect writes it: whole seconds and an offset, `2026-11-23T04:51:56+00:00`. */
export function webthingsTime(time: number | string): string {
  return `${new Date(time).toISOString().slice(0, 19)}+00:00`;
}

/**
 * Reads a message that has a type and data.
 *
 * @throws {@link Problem} `payload-invalid` when it is no JSON, `bad-request` when a member is missing or wrong.
 */
export function readWebthingsMessage(text: string): WebthingsMessage & JsonObject {
  const message = parseJson(text);
  if (!isJsonObject(message)) throw new Problem('payload-invalid', 'a message must be an object');
  const { messageType, data } = message;
  if (typeof messageType !== 'string') {
    throw new Problem(
      'bad-request',
      `'messageType' must be a string, not ${JSON.stringify(messageType)}`,
    );
  }
  if (data === undefined || !isJsonObject(data)) {
    throw new Problem('bad-request', `'data' must be an object, not ${JSON.stringify(data)}`);
  }
  return { ...message, messageType, data };
}

/** The members of `data`. @throws {@link Problem} `bad-request` when there are none. */
export function someOf(data: JsonObject, what: string): readonly (readonly [string, JsonValue])[] {
  const entries = Object.entries(data);
  if (entries.length === 0) throw new Problem('bad-request', `'data' names no ${what}`);
  return entries;
}

/** JSON text of `{name: value}`. */
export function propertyData({ name, json }: Pick<Change, 'name' | 'json'>): string {
  return `{${JSON.stringify(name)}:${json}}`;
}

/** JSON text of `{name: {data?, timestamp}}`. */
export function eventData({ name, json, time }: Change): string {
  const data = json === undefined ? '' : `"data":${json},`;
  return `{${JSON.stringify(name)}:{${data}"timestamp":"${webthingsTime(time)}"}}`;
}

/**
 * JSON text of `{name: {input, href, status, timeRequested, timeCompleted?}}`.
 *
 * @param base path of the Thing, as `/webthings/urn:dev:lamp`
 */
export function actionData(
  { name, status }: { readonly name: string; readonly status: ActionStatus },
  state: WebthingsState,
  base: string,
): string {
  const hasEnded = state === 'completed' || state === 'error';
  return JSON.stringify({
    [name]: {
      input: status.input,
      href: `${base}/actions/${encodeURIComponent(name)}/${encodeURIComponent(status.id)}`,
      status: state,
      timeRequested: webthingsTime(status.timeRequested),
      ...(hasEnded && {
        timeCompleted: webthingsTime(status.timeEnded ?? status.timeRequested),
        ...(status.error && { error: status.error }),
      }),
    },
  });
}

/** What `data` of an error is: the dialect's two members, and the problem in full. */
export function errorData(problem: Problem): object {
  return {
    status: `${problem.status} ${problem.title}`,
    message: problem.detail,
    problem,
  };
}

import type { JsonObject, JsonValue, Operation } from '@thingtalk/core';
import { ProblemError } from './problem-error.ts';
import { uuid } from './uuid.ts';

/** What a request says beside the members all messages have. */
export interface RequestInit {
  readonly thingID: string;
  readonly operation: Operation;
  readonly name?: string;
  readonly names?: readonly string[];
  readonly lastNotificationID?: string;
}

/** A message to the gateway, encoded, and the id its answer will carry. */
export interface Request {
  readonly correlationID: string;
  readonly json: string;
}

/** A message from the gateway. */
export type Incoming =
  | {
      readonly kind: 'response';
      readonly correlationID: string;
      readonly members: JsonObject;
      /** What the gateway refused with; `undefined` when it did as asked. */
      readonly problem: ProblemError | undefined;
    }
  | {
      readonly kind: 'property' | 'event';
      readonly thingID: string;
      readonly messageID: string;
      readonly name: string;
      /** The property's value or the event's data; `undefined` when the event carries none. */
      readonly value: JsonValue | undefined;
    };

/** Something that happened to a Thing, as the gateway told it. */
export type Notification = Extract<Incoming, { readonly kind: 'property' | 'event' }>;

/** Encodes a request of the Web Thing Protocol. */
export function encodeRequest(init: RequestInit): Request {
  const correlationID = uuid();
  const json = JSON.stringify({
    messageID: uuid(),
    messageType: 'request',
    correlationID,
    ...init,
  });
  return { correlationID, json };
}

/**
 * Reads a message of the Web Thing Protocol.
 *
 * The draft's examples contradict its prose, so both are taken: event data under `data` or `value`, a status that is
 * a string, a notification that calls itself `event`.
 *
 * @returns `undefined` for what means nothing to a consumer.
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "WebSocket Messages"}
 */
export function decode(text: unknown): Incoming | undefined {
  const members = parseObject(text);
  if (members === undefined) return undefined;
  const { messageType, correlationID, error } = members;
  if (messageType === 'response') {
    if (typeof correlationID !== 'string') return undefined;
    return { kind: 'response', correlationID, members, problem: problemOf(error) };
  }
  if (messageType !== 'notification' && messageType !== 'event') return undefined;
  return notification(members);
}

function notification(members: JsonObject): Notification | undefined {
  const { operation, thingID, name, messageID } = members;
  if (typeof operation !== 'string' || typeof thingID !== 'string' || typeof name !== 'string') {
    return undefined;
  }
  const kind = operation.startsWith('observe') ? 'property' : 'event';
  const value = kind === 'event' && 'data' in members ? members.data : members.value;
  if (kind === 'property' && value === undefined) return undefined;
  return { kind, thingID, name, value, messageID: String(messageID ?? '') };
}

function problemOf(error: JsonValue | undefined): ProblemError | undefined {
  if (error === undefined) return undefined;
  const status = Number((error as { readonly status?: unknown } | null)?.status);
  return ProblemError.from(error, Number.isInteger(status) ? status : 500);
}

function parseObject(text: unknown): JsonObject | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

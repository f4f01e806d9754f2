import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import type { Payload } from '../data/payload.ts';
import { Problem } from '../problem/problem.ts';

/** The mark our SDK puts on what a Thing says: which boot, which message of that boot, and when. */
export interface Stamp {
  /** Epoch: when this boot began, in milliseconds since 1970. */
  readonly e: number;
  /** Sequence: counts this boot's values, event and action messages together, from 1. */
  readonly s: number;
  /** When it was said, in milliseconds since 1970. */
  readonly t: number;
}

/** The mark on `status`: which boot, and the how manieth connection of that boot. */
export interface ConnectionStamp {
  readonly e: number;
  readonly c: number;
}

/** The one member name that a message keeps for itself. */
export const stampMember = '$';

/** A message taken apart: what it says, and its stamp if it carries one. */
export interface Envelope<S> {
  readonly members: JsonObject;
  readonly stamp: S | undefined;
}

/**
 * Takes a message apart that must be an object.
 *
 * @throws {@link Problem} `payload-invalid` when it is no object, or its stamp is not what `isStamp` accepts.
 */
export function openEnvelope<S>(
  payload: Payload,
  isStamp: (value: JsonObject) => boolean,
): Envelope<S> {
  const value = payload.json();
  if (!isJsonObject(value))
    throw new Problem('payload-invalid', 'the message must be a JSON object');
  const stamp = value[stampMember];
  if (stamp === undefined) return { members: value, stamp: undefined };
  if (!isJsonObject(stamp) || !isStamp(stamp)) {
    throw new Problem(
      'payload-invalid',
      `the reserved member '$' is not a stamp: ${JSON.stringify(stamp)}`,
    );
  }
  const { [stampMember]: _, ...members } = value;
  return { members, stamp: stamp as unknown as S };
}

const isCount = (value: JsonValue | undefined) =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether `value` is a {@link Stamp}. */
export function isStamp(value: JsonObject): boolean {
  return isCount(value.e) && isCount(value.s) && isCount(value.t);
}

/** Whether `value` is a {@link ConnectionStamp}. */
export function isConnectionStamp(value: JsonObject): boolean {
  return isCount(value.e) && isCount(value.c);
}

/** Whether stamp `a` was given before `b`, or is the same: then a message with `a` says nothing new. */
export function isNotAfter(a: Pick<Stamp, 'e' | 's'>, b: Pick<Stamp, 'e' | 's'>): boolean {
  return a.e < b.e || (a.e === b.e && a.s <= b.s);
}

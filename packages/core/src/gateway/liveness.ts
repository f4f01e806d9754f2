import { type ConnectionStamp, isConnectionStamp, openEnvelope } from '../bus/envelope.ts';
import type { Payload } from '../data/payload.ts';
import { Problem } from '../problem/problem.ts';

/** A birth or a death, as it stood on `status`. */
export class StatusWord {
  readonly online: boolean;
  /** Whether the Thing answers requests on its reply topics. */
  readonly answers: boolean;
  readonly stamp: ConnectionStamp | undefined;

  constructor(online: boolean, answers: boolean, stamp: ConnectionStamp | undefined) {
    this.online = online;
    this.answers = answers;
    this.stamp = stamp;
  }

  /**
   * Whether this word counts against the standing birth. Wills overtake births and outlive reconnects: a death is for
   * the connection it names, and one without a stamp only for a birth without one. A live birth always counts, since a
   * device without a battery-backed clock may come back with an earlier epoch; a kept one only when it is no older.
   */
  standsAgainst(birth: ConnectionStamp | undefined, isReplay: boolean): boolean {
    if (birth === undefined) return true;
    if (this.stamp === undefined) return this.online;
    const isOlder = this.stamp.e < birth.e || (this.stamp.e === birth.e && this.stamp.c < birth.c);
    return this.online && !isReplay ? true : !isOlder;
  }
}

/**
 * Reads what stands on a Thing's `status`.
 *
 * @throws {@link Problem} `payload-invalid` when it does not say whether the Thing is online.
 */
export function readStatus(payload: Payload): StatusWord {
  const { members, stamp } = openEnvelope<ConnectionStamp>(payload, isConnectionStamp);
  if (typeof members.online !== 'boolean') {
    throw new Problem(
      'payload-invalid',
      `status must say {"online": true} or {"online": false}, not ${JSON.stringify(members.online)}`,
    );
  }
  return new StatusWord(members.online, members.protocol === 1, stamp);
}

import type { Change, Scope } from '../feed/change.ts';
import type { Replay } from '../feed/change-log.ts';
import { readPlace } from '../feed/change-place.ts';
import { checkHears, mayHear } from '../http/hearing.ts';
import { headLength } from './frame.ts';
import type { Message, Tail } from './message.ts';
import { correlationTail, type WtpEncoders } from './wtp-notifications.ts';
import type { WtpCall } from './wtp-operations.ts';
import { optionalText } from './wtp-request.ts';

/**
 * Subscribes a client, answers it, and tells it what it missed, in this order on the wire: "request, response,
 * notification, notification...".
 *
 * The answer's `lastNotificationID` is the id that the notifications follow without a gap: the one the request named or,
 * where something after that is forgotten or too much to send at once, a later one; the draft lets a Thing "only send the
 * most recent changes". So a client that is answered with another id than it named knows that it must read again, and one
 * that has heard nothing yet has an id to resume from.
 *
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "subscribeevent", Response}
 */
export function subscribe(
  call: WtpCall,
  operation: keyof WtpEncoders,
  name: string | undefined,
): Promise<void> {
  const asked = optionalText(call.request.members, 'lastNotificationID');
  return call.connection.inTurn(() => {
    const { connection, hub, encoders, thing, feed, request } = call;
    const { access } = connection;
    const scope: Scope = { thing: thing.id, kind: kinds[operation], name };
    const encoder = encoders[operation];
    const tail = correlationTail(request.correlationID);
    checkHears(access, scope, thing);
    // Nothing here waits, so that no change falls in between, or is told before what came before it.
    hub.subscribe(connection, scope, { encoder, tail, onEnd: call.refuse });
    const place = asked === undefined ? undefined : readPlace(asked);
    const replay = feed.log.after(place ?? feed.log.last, scope);
    const heard = replay.changes.filter((change) => mayHear(access, change));
    const { changes, from } = newest(
      { ...replay, changes: heard },
      connection.roomBytes,
      (change) => lengthOf(encoder.recall(change), tail),
    );
    call.answer({ name, lastNotificationID: from === place ? asked : feed.log.uuid(from) });
    for (const change of changes) {
      for (const message of encoder.recall(change)) connection.send(message, tail);
    }
  });
}

/** Ends a subscription; in turn, so that one that waits to begin does not begin after its end. */
export function unsubscribe(call: WtpCall, kind: Scope['kind'], name?: string): Promise<object> {
  const { hub, connection, thing } = call;
  return connection.inTurn(() => {
    hub.unsubscribe(connection, { thing: thing.id, kind, name });
    return { name };
  });
}

const kinds = {
  observeproperty: 'property',
  observeallproperties: 'property',
  subscribeevent: 'event',
  subscribeallevents: 'event',
} as const satisfies Record<keyof WtpEncoders, Scope['kind']>;

/** The newest of what was missed: no more than fits into `room` bytes. */
function newest(missed: Replay, room: number, lengthOf: (change: Change) => number): Replay {
  let left = room;
  const tooMuch = missed.changes.findLastIndex((change) => {
    left -= lengthOf(change);
    return left < 0;
  });
  const dropped = missed.changes[tooMuch];
  if (dropped === undefined) return missed;
  return { changes: missed.changes.slice(tooMuch + 1), from: dropped.place };
}

/** What messages take on the wire, in bytes. */
function lengthOf(messages: readonly Message[], tail: Tail): number {
  const payloads = messages.map(({ bytes }) => bytes.length + tail.length);
  return payloads.reduce((sum, payload) => sum + headLength(payload) + payload, 0);
}

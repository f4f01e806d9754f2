import type { Change } from '../feed/change.ts';
import type { ChangeLog } from '../feed/change-log.ts';
import { Encoder } from './encoder.ts';
import type { Tail } from './message.ts';

/** Renders notifications of the Web Thing Protocol; one for each operation that asks for them. */
export interface WtpEncoders {
  readonly observeproperty: Encoder<Change>;
  readonly observeallproperties: Encoder<Change>;
  readonly subscribeevent: Encoder<Change>;
  readonly subscribeallevents: Encoder<Change>;
}

/**
 * The encoders that all clients share.
 *
 * @param log names the changes: a `messageID` says where the change stands, so that it can be resumed from
 */
export function createWtpEncoders(log: ChangeLog): WtpEncoders {
  const encoder = (operation: keyof WtpEncoders) =>
    new Encoder<Change>((change) => [notificationText(operation, change, log)]);
  return {
    observeproperty: encoder('observeproperty'),
    observeallproperties: encoder('observeallproperties'),
    subscribeevent: encoder('subscribeevent'),
    subscribeallevents: encoder('subscribeallevents'),
  };
}

const unnamed = Buffer.from('}');

/**
 * What ends every notification of one subscription: readers differ by nothing but the id they chose.
 *
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "Message Format", correlationID}
 */
export function correlationTail(correlationID: string | undefined): Tail {
  if (correlationID === undefined) return unnamed;
  return Buffer.from(`,"correlationID":${JSON.stringify(correlationID)}}`);
}

/** An object without its closing brace: {@link correlationTail} follows. */
function notificationText(operation: keyof WtpEncoders, change: Change, log: ChangeLog): string {
  const { thing, kind, name, json, time, place } = change;
  const payload = json === undefined ? '' : `,"${kind === 'event' ? 'data' : 'value'}":${json}`;
  return (
    `{"thingID":${JSON.stringify(thing)},"messageID":"${log.uuid(place)}",` +
    `"messageType":"notification","operation":"${operation}","name":${JSON.stringify(name)}` +
    `${payload},"timestamp":"${new Date(time).toISOString()}"`
  );
}

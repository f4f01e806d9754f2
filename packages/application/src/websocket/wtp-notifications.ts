import { Encoder } from './encoder.ts';
import type { Tail } from './message.ts';
import type { AffordanceNote, EventNote, PropertyNote } from './notes.ts';

/** Renders notifications of the Web Thing Protocol; one for each operation that asks for them. */
export interface WtpEncoders {
  readonly observeproperty: Encoder<PropertyNote>;
  readonly observeallproperties: Encoder<PropertyNote>;
  readonly subscribeevent: Encoder<EventNote>;
  readonly subscribeallevents: Encoder<EventNote>;
}

/** The encoders that all clients share. */
export function createWtpEncoders(): WtpEncoders {
  return {
    observeproperty: new Encoder((note) => [changeText('observeproperty', note)]),
    observeallproperties: new Encoder((note) => [changeText('observeallproperties', note)]),
    subscribeevent: new Encoder((note) => [eventText('subscribeevent', note)]),
    subscribeallevents: new Encoder((note) => [eventText('subscribeallevents', note)]),
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
function openText(operation: string, { thing, name }: AffordanceNote): string {
  return (
    `{"thingID":${JSON.stringify(thing.id)},"messageID":"${crypto.randomUUID()}",` +
    `"messageType":"notification","operation":"${operation}","name":${JSON.stringify(name)}`
  );
}

function changeText(operation: string, note: PropertyNote): string {
  const { json, time } = note.state;
  return `${openText(operation, note)},"value":${json},"timestamp":"${new Date(time).toISOString()}"`;
}

function eventText(operation: string, note: EventNote): string {
  const data = note.data === undefined ? '' : `,"data":${JSON.stringify(note.data)}`;
  return `${openText(operation, note)}${data},"timestamp":"${new Date(note.time).toISOString()}"`;
}

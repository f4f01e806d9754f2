import { Problem, type ThingId, type ThingRecord } from '@thingtalk/core';
import type { ThingViews } from '../access/reader-views.ts';
import type { Change } from '../feed/change.ts';
import { thingSegment } from '../td/thing-path.ts';
import {
  actionData,
  errorData,
  eventData,
  propertyData,
  readWebthingsMessage,
  someOf,
  type WebthingsMessage,
} from '../webthings/webthings-messages.ts';
import type { ActionStages } from './action-stages.ts';
import { type Connection, closeCodes, type Session } from './connection.ts';
import { Encoder } from './encoder.ts';
import type { Hub } from './hub.ts';
import { noTail, textMessage } from './message.ts';
import type { ActionNote } from './notes.ts';
import { requestActions, requestOf, setProperties } from './webthings-requests.ts';

/** Renders what happens in the webthings dialect. */
export interface WebthingsEncoders {
  readonly property: Encoder<Change>;
  readonly event: Encoder<Change>;
  readonly action: Encoder<ActionNote>;
}

/** What all sessions of the webthings dialect share. */
export interface WebthingsContext {
  readonly views: ThingViews;
  readonly hub: Hub;
  readonly encoders: WebthingsEncoders;
}

/**
 * The encoders of the webthings dialect.
 *
 * @param wrap makes the whole message of its type and its data (JSON text)
 * @param mount path under which Things are in this dialect: `/webthings`
 */
export function createWebthingsEncoders(
  wrap: (thing: ThingId, messageType: string, data: string) => string,
  stages: ActionStages,
  mount: string,
): WebthingsEncoders {
  return {
    property: new Encoder((note) => [wrap(note.thing, 'propertyStatus', propertyData(note))]),
    event: new Encoder((note) => [wrap(note.thing, 'event', eventData(note))]),
    action: new Encoder((note) => {
      const base = `${mount}/${thingSegment(note.thing.id)}`;
      const texts = stages.news(note).map((state) => actionData(note, state, base));
      return texts.map((data) => wrap(note.thing.id, 'actionStatus', data));
    }),
  };
}

/** A message of the plain dialect: the socket is the Thing's own, so it names none. */
export function plainMessage(_thing: ThingId, messageType: string, data: string): string {
  return `{"messageType":"${messageType}","data":${data}}`;
}

/**
 * Speaks the webthings dialect with one client about one Thing.
 *
 * The client hears of every property and action from the start, and of the events it asks for.
 *
 * @see {@link https://webthings.io/api/#websocket-protocol | Web Thing API, WebSocket}
 */
export function webthingsSession(
  connection: Connection,
  { views, hub, encoders }: WebthingsContext,
  thing: ThingRecord,
): Session {
  const { id } = thing;
  const things = views.for(connection);
  const refuse = (problem: Problem) =>
    connection.sendJson({ messageType: 'error', data: errorData(problem) });
  const standing = { tail: noTail, isStanding: true };
  const close = ({ detail }: Problem) => connection.close(closeCodes.thingForbidden, detail);
  hub.subscribe(
    connection,
    { thing: id, kind: 'property' },
    { ...standing, encoder: encoders.property, onEnd: close },
  );
  hub.subscribe(
    connection,
    { thing: id, kind: 'action' },
    { ...standing, encoder: encoders.action },
  );

  const perform = async ({ messageType, data }: WebthingsMessage): Promise<void> => {
    switch (messageType) {
      case 'setProperty':
        for (const held of await setProperties(things, thing, data)) {
          connection.send(textMessage(plainMessage(id, 'propertyStatus', propertyData(held))));
        }
        return;
      case 'requestAction':
        return requestActions(things, thing, data);
      case 'addEventSubscription': {
        const names = someOf(data, 'event').map(([name]) => name);
        const unknown = names.find((name) => !thing.shape.events.has(name));
        if (unknown !== undefined) {
          throw new Problem('event-not-found', `'${id}' has no event '${unknown}'`);
        }
        for (const name of names) {
          hub.subscribe(
            connection,
            { thing: id, kind: 'event', name },
            { encoder: encoders.event, tail: noTail, onEnd: refuse },
          );
        }
        return;
      }
      default:
        throw new Problem(
          'bad-request',
          `'${messageType}' is no message of the webthings dialect: setProperty, requestAction and addEventSubscription are`,
        );
    }
  };
  return (text) =>
    connection.handle(() => {
      const message = readWebthingsMessage(text);
      return requestOf(message.messageType, id, () => perform(message));
    }, refuse);
}

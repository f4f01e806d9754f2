import { type JsonObject, type JsonValue, Problem, type ThingRecord } from '@thingtalk/core';
import type { ThingViews } from '../access/reader-views.ts';
import {
  errorData,
  propertyData,
  readWebthingsMessage,
  type WebthingsMessage,
} from '../webthings/webthings-messages.ts';
import type { Connection, Session } from './connection.ts';
import type { Hub } from './hub.ts';
import { noTail, textMessage } from './message.ts';
import { requestActions, requestOf, setProperties } from './webthings-requests.ts';
import type { WebthingsEncoders } from './webthings-session.ts';

/** What the gateway's own Thing is called on `/channel`, whatever its id. */
export const serverAlias = 'urn:thingtalk:server';

const topicRoot = 'things/';

/** What all sessions of the channel share. */
export interface ChannelContext {
  readonly views: ThingViews;
  readonly hub: Hub;
  /** For Things by their ids. */
  readonly encoders: WebthingsEncoders;
  /** For the gateway's own Thing under its alias. */
  readonly aliasEncoders: WebthingsEncoders;
  /** Id of the gateway's own Thing. */
  readonly gatewayId: string | undefined;
}

/** A message of the channel: its topic says which Thing it is about. */
export function channelMessage(name: string, messageType: string, data: string): string {
  return `{"topic":${JSON.stringify(topicRoot + name)},"messageType":"${messageType}","data":${data}}`;
}

/** Speaks the original thingTalk's `/channel` with one client: one socket, the Things it subscribes to. */
export function channelSession(connection: Connection, context: ChannelContext): Session {
  const { hub } = context;
  const things = context.views.for(connection);
  const refuse = (name: string, problem: Problem): void => {
    const data = JSON.stringify(errorData(problem));
    connection.send(textMessage(channelMessage(name, 'error', data)));
  };

  const find = (name: string): ThingRecord => {
    const thing = things.find(name === serverAlias ? (context.gatewayId ?? name) : name);
    if (thing) return thing;
    throw new Problem('thing-not-found', `'${name}' is not known here`);
  };
  const subscribe = (ids: JsonValue | undefined): void => {
    const subjects = readIds(ids).map((name) => ({ name, thing: find(name).id }));
    for (const { name, thing } of subjects) {
      const { property, event, action } =
        name === serverAlias ? context.aliasEncoders : context.encoders;
      const onEnd = (problem: Problem) => refuse(name, problem);
      const standing = { tail: noTail, isStanding: true };
      hub.subscribe(
        connection,
        { thing, kind: 'property' },
        { ...standing, encoder: property, onEnd },
      );
      hub.subscribe(connection, { thing, kind: 'event' }, { ...standing, encoder: event });
      hub.subscribe(connection, { thing, kind: 'action' }, { ...standing, encoder: action });
    }
  };
  const setAndEcho = async (name: string, data: JsonObject): Promise<void> => {
    for (const held of await setProperties(things, find(name), data)) {
      connection.send(textMessage(channelMessage(name, 'propertyStatus', propertyData(held))));
    }
  };
  const perform = async (name: string, { messageType, data }: WebthingsMessage): Promise<void> => {
    switch (messageType) {
      case 'subscribe':
        return subscribe(data.thing_ids);
      case 'setProperty':
        return setAndEcho(name, data);
      case 'requestAction':
        return requestActions(things, find(name), data);
      default:
        throw new Problem(
          'bad-request',
          `'${messageType}' is no message of the channel: subscribe, setProperty and requestAction are`,
        );
    }
  };
  return (text) => {
    let about = serverAlias;
    connection.handle(
      () => {
        const message = readWebthingsMessage(text);
        if (message.messageType !== 'subscribe') about = readTopic(message.topic);
        return requestOf(message.messageType, about, () => perform(about, message));
      },
      (problem) => refuse(about, problem),
    );
  };
}

function readIds(ids: JsonValue | undefined): readonly string[] {
  const isId = (id: JsonValue): id is string => typeof id === 'string';
  if (Array.isArray(ids) && ids.length > 0 && ids.every(isId)) return ids;
  throw new Problem('bad-request', `'data.thing_ids' must be an array of one or more Thing ids`);
}

function readTopic(topic: JsonValue | undefined): string {
  if (typeof topic === 'string' && topic.startsWith(topicRoot))
    return topic.slice(topicRoot.length);
  throw new Problem('bad-request', `'topic' must be "things/<id>", not ${JSON.stringify(topic)}`);
}

import type { Route } from '@thingtalk/core';
import { mostThingsOfDevice } from './device.ts';

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const time = { type: 'string', format: 'date-time' };
const thingIds = { ...texts, maxItems: mostThingsOfDevice };

/** A device as it is listed. */
export const deviceSchema = {
  type: 'object',
  required: ['id', 'name', 'thingIds', 'owner', 'created', 'renewed'],
  properties: {
    id: { ...text, description: 'The principal that rights are granted to' },
    name: text,
    thingIds: { ...thingIds, description: 'The Things it speaks for' },
    owner: text,
    created: time,
    renewed: { ...time, description: 'When it got the secret it has' },
    seen: { ...time, description: 'When it last showed its secret since the gateway started' },
  },
};

/** A claim token as it is shown once. */
export const claimSchema = {
  type: 'object',
  required: ['id', 'token', 'owner', 'expires'],
  properties: { id: text, token: text, owner: text, group: text, thingIds, expires: time },
};

/** A device with its secret, as it is shown once. */
export const secretSchema = {
  type: 'object',
  required: ['id', 'name', 'thingIds', 'secret', 'mqtt'],
  properties: {
    id: text,
    name: text,
    thingIds,
    secret: { ...text, description: 'Its MQTT password, and its bearer token over HTTP' },
    mqtt: {
      type: 'object',
      required: ['clientId', 'username', 'publish', 'subscribe'],
      properties: { url: text, clientId: text, username: text, publish: texts, subscribe: texts },
    },
  },
};

type Body = NonNullable<Route['body']>;

/** What the rows take. */
export const claimBody = {
  create: {
    description: 'What the token is for; without a body, for any Things that are not here yet',
    required: false,
    schema: {
      type: 'object',
      properties: {
        thingIds: { ...thingIds, description: 'The only Things the device may speak for' },
        owner: { ...text, description: 'Whose the device will be. Default: who asks' },
        group: { ...text, description: 'The group it will be a member of. Default: none' },
      },
    },
  },
  transfer: {
    description: 'Who gets it',
    required: true,
    schema: { type: 'object', required: ['owner'], properties: { owner: text } },
  },
  claim: {
    description: 'The token, and what comes in',
    required: true,
    schema: {
      type: 'object',
      required: ['token', 'name'],
      properties: {
        token: text,
        name: text,
        thingIds: { ...thingIds, description: 'Default: those the token names' },
      },
    },
  },
} as const satisfies Record<string, Body>;

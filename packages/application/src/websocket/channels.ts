import type { Channel } from '@thingtalk/core';

type ChannelMessage = Channel['messages'][number];

const problem = { type: 'object', description: 'A problem (RFC 9457)' } as const;
const thingId = 'Id of the Thing, percent-encoded.';

/** The members that all messages of the Web Thing Protocol have. */
const wtpSchema = (messageType: string, more: object) => ({
  type: 'object',
  required: ['thingID', 'messageID', 'messageType', 'operation'],
  properties: {
    thingID: { type: 'string', format: 'uri' },
    messageID: { type: 'string', format: 'uuid' },
    messageType: { const: messageType },
    operation: { type: 'string', description: 'An operation of WoT TD 1.1' },
    correlationID: { type: 'string' },
    ...more,
  },
});

const wtpMessages: readonly ChannelMessage[] = [
  {
    name: 'wtpRequest',
    direction: 'send',
    summary: 'Asks for an operation',
    schema: wtpSchema('request', {
      name: { type: 'string' },
      value: {},
      names: { type: 'array', items: { type: 'string' } },
      values: { type: 'object' },
      input: {},
      actionID: { type: 'string' },
      lastNotificationID: { type: 'string', format: 'uuid' },
    }),
    example: {
      thingID: 'urn:dev:ops:my-lamp-1234',
      messageID: 'f160098e-8c71-4025-9cb8-49fa038f5076',
      messageType: 'request',
      operation: 'observeproperty',
      name: 'brightness',
    },
  },
  {
    name: 'wtpResponse',
    direction: 'receive',
    summary: 'Answers a request',
    schema: wtpSchema('response', {
      name: { type: 'string' },
      value: {},
      values: { type: 'object' },
      output: {},
      status: { type: 'object' },
      statuses: { type: 'object' },
      actionID: { type: 'string' },
      lastNotificationID: {
        type: 'string',
        format: 'uuid',
        description:
          'What the notifications of a subscription follow without a gap; read again when it is not what was asked for',
      },
      timestamp: { type: 'string', format: 'date-time' },
      error: problem,
    }),
  },
  {
    name: 'wtpNotification',
    direction: 'receive',
    summary: 'Says that a property changed or an event happened',
    schema: wtpSchema('notification', {
      name: { type: 'string' },
      value: {},
      data: {},
      timestamp: { type: 'string', format: 'date-time' },
    }),
  },
];

/** A message that has a type and data, and on the channel a topic. */
const typed = (
  prefix: string,
  direction: ChannelMessage['direction'],
  types: Readonly<Record<string, string>>,
  topic?: object,
): readonly ChannelMessage[] =>
  Object.entries(types).map(([messageType, summary]) => ({
    name: `${prefix}${messageType.charAt(0).toUpperCase()}${messageType.slice(1)}`,
    direction,
    summary,
    schema: {
      type: 'object',
      required: ['messageType', 'data', ...(topic && messageType !== 'subscribe' ? ['topic'] : [])],
      properties: {
        ...(topic && { topic }),
        messageType: { const: messageType },
        data: { type: 'object' },
      },
    },
  }));

const heard = {
  propertyStatus: 'Properties that changed: {name: value}',
  actionStatus: 'A run that came to created, pending or completed: {name: {href, status, ...}}',
  event: 'An event that happened: {name: {data, timestamp}}',
  error: 'What was refused: {status, message, problem}',
};
const said = {
  setProperty: 'Writes properties: {name: value}',
  requestAction: 'Starts actions: {name: {input}}',
};
const topic = { type: 'string', description: 'things/<id>' };

const webThingProtocol = {
  protocol: 'ws',
  title: 'Web Thing Protocol',
  messages: wtpMessages,
} as const;

/** Every WebSocket address, for AsyncAPI. */
export const websocketChannels: readonly Channel[] = [
  {
    ...webThingProtocol,
    name: 'webThingProtocol',
    address: '/ws',
    description: 'One socket for all Things, subprotocol webthingprotocol.',
  },
  {
    ...webThingProtocol,
    name: 'thingSocket',
    address: '/things/{id}',
    description:
      'The same on the address of a Thing; without the subprotocol, the webthings dialect.',
    parameters: { id: thingId },
  },
  {
    name: 'webthingsSocket',
    protocol: 'ws',
    address: '/webthings/{id}',
    title: 'Webthings dialect',
    description: 'One socket for one Thing, without a subprotocol.',
    parameters: { id: thingId },
    messages: [
      ...typed('webthings', 'send', {
        ...said,
        addEventSubscription: 'Asks to hear of events: {name: {}}',
      }),
      ...typed('webthings', 'receive', heard),
    ],
  },
  {
    name: 'channel',
    protocol: 'ws',
    address: '/channel',
    title: 'The original channel',
    description: 'One socket for the Things that are subscribed to by id.',
    messages: [
      ...typed(
        'channel',
        'send',
        { subscribe: 'Asks to hear of Things: {thing_ids: [...]}', ...said },
        topic,
      ),
      ...typed('channel', 'receive', heard, topic),
    ],
  },
];

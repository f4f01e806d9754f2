import type { Channel } from '@thingtalk/core';

/** A message of a channel. */
export type ChannelMessage = Channel['messages'][number];

/** A parameter of every topic. */
export const id =
  'Topic level of the Thing: its id, with % / + # NUL and a leading $ percent-encoded.';
/** The affordance in a northbound topic. */
export const name = 'Name of the affordance, encoded as the id is.';
/** Who asks. */
export const requester = 'Who asks: its client id and a random part.';
/** Which question it is. */
export const n = 'Counts the requests of one requester.';

/** A problem as it travels. */
export const problem = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
  },
} as const;

/** A run of an action as it travels. */
export const run = {
  type: 'object',
  required: ['status'],
  properties: {
    id: { type: 'string' },
    status: { enum: ['pending', 'running', 'completed', 'failed'] },
    input: {},
    output: {},
    error: problem,
    progress: {},
    timeRequested: { type: 'string', format: 'date-time' },
    timeEnded: { type: 'string', format: 'date-time' },
  },
} as const;

/** An object whose members are named after affordances. */
export const byName = (description: string, members: object = {}) => ({
  type: 'object',
  description,
  additionalProperties: members,
});

/** A row of the MQTT interface. */
export const row = (
  channel: Omit<Channel, 'protocol' | 'parameters' | 'messages'>,
  parameters: Channel['parameters'],
  ...messages: readonly ChannelMessage[]
): Channel => ({ ...channel, protocol: 'mqtt', ...(parameters && { parameters }), messages });

/** A message that the gateway or a Thing publishes. */
export const hear = (
  name: string,
  summary: string,
  schema: ChannelMessage['schema'],
  more: Partial<ChannelMessage> = {},
): ChannelMessage => ({ name, direction: 'receive', summary, schema, ...more });

/** A message that anybody may publish. */
export const say = (
  name: string,
  summary: string,
  schema: ChannelMessage['schema'],
  more: Partial<ChannelMessage> = {},
): ChannelMessage => ({ name, direction: 'send', summary, schema, ...more });

/** Marks a message that the broker keeps. */
export const retained = { retained: true } as const;

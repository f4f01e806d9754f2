import type { Channel } from '@thingtalk/core';

type ChannelMessage = Channel['messages'][number];

const id = 'Topic level of the Thing: its id, with % / + # NUL and a leading $ percent-encoded.';
const name = 'Name of the affordance, encoded as the id is.';
const requester = 'Who asks: its client id and a random part.';
const n = 'Counts the requests of one requester.';

const problem = {
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

const run = {
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

const byName = (description: string, members: object = {}) => ({
  type: 'object',
  description,
  additionalProperties: members,
});

const row = (
  channel: Omit<Channel, 'protocol' | 'parameters' | 'messages'>,
  parameters: Channel['parameters'],
  ...messages: readonly ChannelMessage[]
): Channel => ({ ...channel, protocol: 'mqtt', ...(parameters && { parameters }), messages });

const hear = (
  name: string,
  summary: string,
  schema: ChannelMessage['schema'],
  more: Partial<ChannelMessage> = {},
): ChannelMessage => ({ name, direction: 'receive', summary, schema, ...more });

const say = (
  name: string,
  summary: string,
  schema: ChannelMessage['schema'],
  more: Partial<ChannelMessage> = {},
): ChannelMessage => ({ name, direction: 'send', summary, schema, ...more });

const retained = { retained: true } as const;

/** What a Thing says on the bus. */
const thingChannels: readonly Channel[] = [
  row(
    {
      name: 'thingTd',
      address: 'things/{id}/td',
      title: 'Thing Description',
      description: 'Announces a Thing; empty when it is gone.',
    },
    { id },
    hear(
      'thingDescription',
      'What the Thing is',
      { type: 'object', description: 'A WoT Thing Description 1.1; forms may be left out.' },
      retained,
    ),
  ),
  row(
    {
      name: 'thingValues',
      address: 'things/{id}/values',
      title: 'Values',
      description:
        'The values of the properties of a Thing. A bare device may send some of them only.',
    },
    { id },
    hear(
      'values',
      'Property values by name',
      byName('Values by property name; the member $ is reserved.'),
      { ...retained, example: { on: true, brightness: 25 } },
    ),
  ),
  row(
    {
      name: 'thingEvent',
      address: 'things/{id}/event',
      title: 'Events',
      description: 'What happened to a Thing.',
    },
    { id },
    hear(
      'event',
      'Events by name',
      byName('Events by name', {
        type: 'object',
        properties: { data: {}, timestamp: { type: 'string', format: 'date-time' } },
      }),
      {
        example: { overheated: { data: 102, timestamp: '2026-11-23T04:51:56Z' } },
      },
    ),
  ),
  row(
    {
      name: 'thingAction',
      address: 'things/{id}/action',
      title: 'Action states',
      description: 'Where the runs of actions stand.',
    },
    { id },
    hear('action', 'States of runs by action name', byName('Runs by action name', run)),
  ),
  row(
    {
      name: 'thingStatus',
      address: 'things/{id}/status',
      title: 'Birth and death',
      description: 'Whether a Thing can be reached; its death is its will.',
    },
    { id },
    hear(
      'status',
      'Online or not',
      {
        type: 'object',
        required: ['online'],
        properties: { online: { type: 'boolean' }, protocol: { type: 'integer' } },
      },
      { ...retained, example: { online: true, protocol: 1 } },
    ),
  ),
  row(
    {
      name: 'thingStored',
      address: 'things/{id}/stored',
      title: 'Stored',
      description: 'Everything a Thing said up to this mark is stored.',
    },
    { id },
    hear('stored', 'Epoch and sequence', {
      type: 'object',
      required: ['e', 's'],
      properties: { e: { type: 'integer' }, s: { type: 'integer' } },
    }),
  ),
  row(
    {
      name: 'thingError',
      address: 'things/{id}/error',
      title: 'Refusals',
      description: 'What was refused and why.',
    },
    { id },
    hear('error', 'A problem (RFC 9457)', problem),
  ),
];

const setSchema = byName('New values by property name');
const getSchema = {
  type: 'array',
  items: { type: 'string' },
  description: 'Property names; empty asks for all.',
} as const;
const requestSchema = byName('Inputs by action name', {
  type: 'object',
  properties: {
    input: {},
    id: { type: 'string' },
    cancel: { type: 'string', description: 'Id of a run to cancel' },
  },
});

/** What may be asked of a Thing on the bus, with and without an answer. */
const commandChannels: readonly Channel[] = (
  [
    ['Set', 'set', 'Writes properties', setSchema, { brightness: 25 }],
    ['Get', 'get', 'Asks for values', getSchema, ['on']],
    [
      'RequestAction',
      'request_action',
      'Starts or cancels actions',
      requestSchema,
      { fade: { input: { brightness: 50, duration: 2000 } } },
    ],
  ] as const
).flatMap(([suffix, command, title, schema, example]) => [
  row(
    {
      name: `thing${suffix}`,
      address: `things/{id}/${command}`,
      title,
      description: `${title}. Never retained.`,
    },
    { id },
    say(command, title, schema, { example }),
  ),
  row(
    {
      name: `thing${suffix}Asked`,
      address: `things/{id}/${command}/{requester}/{n}`,
      title: `${title}, with an answer`,
      description: `${title}; the answer comes on the reply topic. Never retained.`,
    },
    { id, requester, n },
    say(`${command}Asked`, title, schema, { example }),
  ),
]);

const replyChannel = row(
  {
    name: 'thingReply',
    address: 'things/{id}/reply/{requester}/{n}',
    title: 'Answers',
    description: 'Answers one request.',
  },
  { id, requester, n },
  hear('reply', 'What came of it, or a problem', {
    type: 'object',
    properties: { ok: {}, problem },
  }),
);

/** One topic for each affordance, for WoT clients. */
const northboundChannels: readonly Channel[] = [
  row(
    {
      name: 'property',
      address: 'things/{id}/properties/{name}',
      title: 'Property',
      description: 'The value of one property.',
    },
    { id, name },
    hear(
      'propertyValue',
      'The bare value',
      { description: 'As the data schema of the property says.' },
      { ...retained, example: 25 },
    ),
  ),
  row(
    {
      name: 'propertySet',
      address: 'things/{id}/properties/{name}/set',
      title: 'Property write',
      description: 'Writes one property; refusals come on the error topic.',
    },
    { id, name },
    say(
      'propertyWrite',
      'The bare value',
      { description: 'As the data schema of the property says.' },
      { example: 25 },
    ),
  ),
  row(
    {
      name: 'action',
      address: 'things/{id}/actions/{name}',
      title: 'Action',
      description: 'Invokes an action; refusals come on the error topic.',
    },
    { id, name },
    say('actionInput', 'The bare input, or nothing', {
      description: 'As the input schema of the action says.',
    }),
  ),
  row(
    {
      name: 'actionStatus',
      address: 'things/{id}/actions/{name}/status',
      title: 'Action state',
      description: 'Where the runs of one action stand.',
    },
    { id, name },
    hear('actionRun', 'The state of a run', run),
  ),
  row(
    {
      name: 'event',
      address: 'things/{id}/events/{name}',
      title: 'Event',
      description: 'Says that an event happened.',
    },
    { id, name },
    hear(
      'eventData',
      'The bare data; null when there is none',
      { description: 'As the data schema of the event says.' },
      { example: 102 },
    ),
  ),
];

/** Every topic of the bus and of the northbound door, for AsyncAPI. */
export const mqttChannels: readonly Channel[] = [
  ...thingChannels,
  ...commandChannels,
  replyChannel,
  ...northboundChannels,
];

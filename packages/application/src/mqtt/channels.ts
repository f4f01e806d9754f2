import type { Channel } from '@thingtalk/core';
import {
  byName,
  hear,
  id,
  n,
  problem,
  requester,
  retained,
  row,
  run,
  say,
} from './channel-rows.ts';
import { northboundChannels } from './northbound-channels.ts';

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

/** Every topic of the bus and of the northbound door, for AsyncAPI. */
export const mqttChannels: readonly Channel[] = [
  ...thingChannels,
  ...commandChannels,
  replyChannel,
  ...northboundChannels,
];

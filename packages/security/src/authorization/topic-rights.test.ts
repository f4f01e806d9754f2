import {
  type Access,
  openAccess,
  type Right,
  type ThingId,
  Topics,
  topicLevel,
} from '@thingtalk/core';
import { naiveMatch } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { by, door, lamp, openWorld } from './testing-policy.ts';
import { TopicRights } from './topic-rights.ts';

const requester = 'app_1-0123456789abcdef';

/** What `rights` (`read`, or `read on` for one affordance) on the lamp let a client do. */
function clientWith(rights: readonly string[], options: Partial<Access> = {}, prefix = '') {
  const may = (right: Right, thing: ThingId, affordance?: string) =>
    thing === lamp &&
    (rights.includes(right) ||
      (affordance !== undefined && rights.includes(`${right} ${affordance}`)));
  const limits = { isUnlimited: false, may, mayEverywhere: () => false, owns: () => false };
  const access = { ...openAccess, ...limits, ...options };
  return new TopicRights(new Topics(prefix), { access, clientId: 'app_1' });
}

const bus = 'things/urn:dev:lamp';
const ownWords = ['td', 'values', 'event', 'action', 'status', 'error'];

describe('who has rights on the whole Thing', () => {
  it.each([
    ['td', 'read'],
    ['status', 'read'],
    ['error', 'read'],
    ['values', 'observe'],
    ['event', 'subscribe'],
    ['action', 'invoke'],
    ['properties/+', 'observe'],
    ['properties/on', 'observe'],
    ['actions/+/status', 'invoke'],
    ['events/+', 'subscribe'],
  ])('hears %s by the right to %s, and by no other', (topic, right) => {
    const others = ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'].filter(
      (other) => other !== right,
    );
    expect(clientWith([right]).maySubscribe(`${bus}/${topic}`)).toBe(true);
    expect(clientWith(others).maySubscribe(`${bus}/${topic}`)).toBe(false);
    expect(clientWith([`${right} on`]).maySubscribe(`${bus}/${topic}`)).toBe(
      topic === 'properties/on',
    );
  });

  it.each([
    ['set', 'write'],
    ['get', 'read'],
    ['request_action', 'invoke'],
  ])('commands it by %s with the right to %s, and by no other', (command, right) => {
    expect(clientWith([right]).mayPublish(`${bus}/${command}`)).toBe(true);
    expect(clientWith([`${right} on`, 'manage']).mayPublish(`${bus}/${command}`)).toBe(false);
    expect(clientWith([right]).mayPublish(`things/urn:dev:door/${command}`)).toBe(false);
  });

  it('asks for an answer in its own name only (M18)', () => {
    const client = clientWith(['write']);
    expect(client.mayPublish(`${bus}/set/${requester}/1`)).toBe(true);
    expect(client.mayPublish(`${bus}/set/app_1/1`)).toBe(true);
    for (const other of ['app_2', 'app_1-x', 'app_10-0123456789abcdef', '+', '#', '']) {
      expect(client.mayPublish(`${bus}/set/${other}/1`), other).toBe(false);
    }
    expect(client.mayPublish(`${bus}/set/${requester}`)).toBe(false);
    expect(client.mayPublish(`${bus}/set/${requester}/1/2`)).toBe(false);
  });

  it('neither speaks for the Thing nor hears what others ask of it (M11, M14, M16)', () => {
    const client = clientWith(['read', 'write', 'observe', 'invoke', 'subscribe', 'manage']);
    for (const part of [...ownWords, 'stored', 'reply/app_1/1', 'properties/on', 'events/hot'])
      expect(client.mayPublish(`${bus}/${part}`), part).toBe(false);
    for (const part of ['set', 'set/#', 'get', 'request_action/+/+', 'stored', 'actions/fade'])
      expect(client.maySubscribe(`${bus}/${part}`), part).toBe(false);
  });
});

describe('who has rights on one affordance', () => {
  it('uses its topics, and no others of the Thing', () => {
    const client = clientWith(['observe on', 'write on', 'invoke fade', 'subscribe hot']);
    expect(client.mayReceive(`${bus}/properties/on`)).toBe(true);
    expect(client.mayPublish(`${bus}/properties/on/set`)).toBe(true);
    expect(client.mayPublish(`${bus}/actions/fade`)).toBe(true);
    expect(client.mayReceive(`${bus}/actions/fade/status`)).toBe(true);
    expect(client.mayReceive(`${bus}/events/hot`)).toBe(true);
    for (const topic of ['properties/level', 'properties/+', 'events/on', 'values', 'td', 'event'])
      expect(client.maySubscribe(`${bus}/${topic}`), topic).toBe(false);
    for (const topic of [
      'properties/level/set',
      'actions/on',
      'set',
      'properties/on',
      'properties/on/',
    ])
      expect(client.mayPublish(`${bus}/${topic}`), topic).toBe(false);
  });

  it('finds names that are percent-encoded in a topic', () => {
    const client = clientWith(['observe a/b']);
    expect(client.maySubscribe(`${bus}/properties/a%2Fb`)).toBe(true);
    expect(client.maySubscribe(`${bus}/properties/a/b`)).toBe(false);
    expect(client.maySubscribe(`${bus}/properties/%ff`)).toBe(false);
  });
});

describe('a device', () => {
  const own = { owns: (thing: ThingId) => thing === lamp };

  it('says what its own Thing is and does, answers for it, and hears what is asked of it', () => {
    const device = clientWith([], own);
    for (const part of [...ownWords, 'reply/someone/7'])
      expect(device.mayPublish(`${bus}/${part}`), part).toBe(true);
    for (const part of ['set/#', 'get/#', 'request_action/#', 'set', 'stored'])
      expect(device.maySubscribe(`${bus}/${part}`), part).toBe(true);
    expect(device.mayReceive(`${bus}/set/someone/7`)).toBe(true);
  });

  it('does not command itself, and reaches no other Thing (M11, M12)', () => {
    const device = clientWith([], own);
    for (const topic of ['set', 'request_action', 'stored', 'properties/on', 'reply/x', 'td/x'])
      expect(device.mayPublish(`${bus}/${topic}`), topic).toBe(false);
    for (const part of [...ownWords, 'reply/x/1', 'set', 'stored']) {
      expect(device.mayPublish(`things/urn:dev:door/${part}`), part).toBe(false);
      expect(device.maySubscribe(`things/urn:dev:door/${part}`), part).toBe(false);
    }
    for (const filter of ['things/+/set', 'things/+/set/#', 'things/+/stored'])
      expect(device.maySubscribe(filter), filter).toBe(false);
  });
});

describe('filters of more than one Thing', () => {
  it.each([
    '#',
    '+/+/set',
    '+/+/values',
    'things/#',
    'things/+/values',
    'things/+/td',
    '+/urn:dev:lamp/td',
  ])('%s is refused to who may do everything to one Thing (M5, M6, M7)', (filter) => {
    const rights = ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'];
    expect(clientWith(rights, { owns: (thing) => thing === lamp }).maySubscribe(filter)).toBe(
      false,
    );
  });

  it('are allowed, part by part, to who has the right on every Thing', () => {
    const client = clientWith([], { mayEverywhere: (right) => right === 'observe' });
    expect(client.maySubscribe('things/+/values')).toBe(true);
    expect(client.maySubscribe('things/+/properties/+')).toBe(true);
    expect(client.maySubscribe('things/+/properties/on')).toBe(true);
    for (const filter of [
      '#',
      'things/#',
      'things/+/+',
      'things/+/td',
      'things/+/set',
      'things/+/reply/+/+',
    ])
      expect(client.maySubscribe(filter), filter).toBe(false);
  });
});

describe('what is no topic of a Thing', () => {
  const all = { mayEverywhere: () => true, may: () => true, owns: () => true };

  it.each([
    '$SYS/#',
    '$CONTROL/dynamic-security/v1',
    '$tt/x',
    '$share/g/#',
    '$share/g/things/urn:dev:lamp/set',
    '$share//x',
    '$share/g',
    'other',
    'things',
    'things/',
    'things//td',
    'things/urn:dev:lamp',
    'things/urn:dev:lamp/__proto__',
    'things/urn:dev:lamp/properties/on/__proto__',
    'things/urn:dev:lamp/unheard',
    'things/%/td',
    'Things/urn:dev:lamp/td',
    '/things/urn:dev:lamp/td',
    '',
  ])("'%s' is refused to everybody but the gateway (M8, M9, M10)", (topic) => {
    const client = clientWith([], all);
    expect(client.mayPublish(topic)).toBe(false);
    expect(client.maySubscribe(topic)).toBe(false);
    expect(client.mayReceive(topic)).toBe(false);
    expect(
      new TopicRights(new Topics(), { access: openAccess, clientId: '' }).mayPublish(topic),
    ).toBe(true);
  });

  it('depends on the prefix of the bus', () => {
    const client = clientWith(['read'], {}, 'site-a');
    expect(client.maySubscribe(`site-a/${bus}/td`)).toBe(true);
    for (const filter of [`${bus}/td`, `+/${bus}/td`, `site-b/${bus}/td`, 'site-a/#'])
      expect(client.maySubscribe(filter), filter).toBe(false);
  });
});

it('answers are heard by whom they are for, and by nobody else', () => {
  const client = clientWith([]);
  expect(client.maySubscribe(`things/+/reply/${requester}/+`)).toBe(true);
  expect(client.mayReceive(`${bus}/reply/${requester}/12`)).toBe(true);
  for (const filter of [
    'things/+/reply/+/+',
    'things/+/reply/#',
    `things/+/reply/${requester}/#`,
    'things/+/reply/app_2-0123456789abcdef/+',
    'things/+/reply/app_1-/+',
    `${bus}/reply/app_1-2-0123456789abcdef/1`,
  ])
    expect(client.maySubscribe(filter), filter).toBe(false);
});

it('follows the policy: a right that is gone is gone for the next delivery (M21, M22, M23)', async () => {
  using world = await openWorld();
  const { policy } = world;
  const who = { app: 'app_1' };
  const grant = await policy.grants.add({ who, on: { thing: lamp }, ops: ['observe'] }, by);
  const principal = { id: 'app_1', kind: 'app', name: 'App' } as const;
  const access = policy.accessOf({ principal, credential: 'token' });
  const client = new TopicRights(new Topics(), { access, clientId: 'app_1' });
  expect(client.mayReceive(`${bus}/values`)).toBe(true);
  await policy.grants.delete(grant.id, by);
  expect(client.mayReceive(`${bus}/values`)).toBe(false);
});

const levels = ['urn:dev:lamp', topicLevel(door), 'lamp'];
const parts = [...ownWords, 'stored', 'set', 'get', 'request_action'];
const requesters = ['app_1', requester, 'app_2'];
const ends = ['', '/x', '/on', '/app_1/1', '/app_2/1', `/${requester}/2`, '/app_1/1/2'];
const universe = levels.flatMap((level) => [
  `things/${level}`,
  ...parts.flatMap((part) => ends.map((end) => `things/${level}/${part}${end}`)),
  ...requesters.map((name) => `things/${level}/reply/${name}/1`),
  ...['on', 'level'].flatMap((name) =>
    ['properties', 'actions', 'events'].flatMap((kind) =>
      ['', '/set', '/status', '/x'].map((end) => `things/${level}/${kind}/${name}${end}`),
    ),
  ),
]);
const topics = [
  ...universe,
  '$SYS/uptime',
  '$share/g/things/lamp/td',
  'other/things/lamp/td',
  'things',
];

const wordsOfFilters = [
  'things',
  ...levels,
  ...parts,
  'reply',
  ...requesters,
  'properties',
  'actions',
  'events',
];
const word = fc.oneof(
  fc.constantFrom('+', '#', 'on', 'level', 'status', '1', '', '$share'),
  fc.constantFrom(...wordsOfFilters),
);
const arbitraryFilter = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 6 }),
  // Most words in any order are no filter of ours: these begin as one.
  fc
    .tuple(fc.constantFrom('+', ...levels), fc.array(word, { minLength: 1, maxLength: 4 }))
    .map(([level, rest]) => ['things', level, ...rest]),
  // And these are a topic of ours, with some of its levels opened.
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...universe), fc.subarray([1, 3, 4], { maxLength: 1 }), fc.nat(9))
      .map(([topic, open, depth]) => {
        const all = topic.split('/').map((level, at) => (open.includes(at) ? '+' : level));
        return depth === 0 ? [...all, '#'] : all;
      }),
  },
);
const rights = ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'];
const given = fc.record({
  rights: fc.subarray([...rights, ...rights.map((right) => `${right} on`)]),
  everywhere: fc.subarray(rights),
  owns: fc.boolean(),
});

it('a filter that is granted matches no topic that may not be received', () => {
  let granted = 0;
  void fc.assert(
    fc.property(arbitraryFilter, given, (filter, { rights: some, everywhere, owns }) => {
      const client = clientWith(some, {
        // Whoever has a right everywhere has it here.
        may: (right, thing, affordance) =>
          everywhere.includes(right) ||
          (thing === lamp &&
            (some.includes(right) ||
              (affordance !== undefined && some.includes(`${right} ${affordance}`)))),
        mayEverywhere: (right) => everywhere.includes(right),
        owns: (thing) => owns && thing === lamp,
      });
      const text = filter.join('/');
      if (!client.maySubscribe(text)) return;
      granted++;
      for (const topic of topics) {
        if (naiveMatch(text, topic) && !client.mayReceive(topic))
          expect.fail(`${text} matches ${topic}`);
      }
    }),
    { numRuns: 4_000 },
  );
  expect(granted).toBeGreaterThan(200);
});

import { silentLogger } from '@thingtalk/core';
import { FakeClock, settle } from '@thingtalk/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type AnnouncedDirectory, Announcement } from './announcement.ts';
import { MdnsLinks } from './mdns-links.ts';
import { type DnsQuestion, type DnsRecord, recordsOf } from './mdns-packet.ts';
import { announced, TestingLan } from './testing-lan.ts';

const lan = () => ({ lan: new TestingLan(), clock: new FakeClock() });
type World = ReturnType<typeof lan>;
const name = 'House._wot._tcp.local';

/** Announces a directory on a network; 10.0.0.1 unless said otherwise. */
async function announce(
  { lan: { openLink }, clock }: World,
  directory: Partial<AnnouncedDirectory> = {},
  addresses: readonly string[] = ['10.0.0.1'],
) {
  const links = new MdnsLinks({
    openLink,
    addresses: () => addresses,
    logger: silentLogger,
  });
  await links.refresh();
  const announcement = new Announcement({
    links,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    directory: {
      title: 'House',
      host: 'thingtalk-1.local',
      port: 8080,
      tdPath: '/.well-known/wot',
      ...directory,
    },
  });
  onTestFinished(async () => {
    await announcement[Symbol.asyncDispose]();
    await links[Symbol.asyncDispose]();
  });
  announcement.start();
  return announcement;
}

const answersOf = ({ sent }: TestingLan) =>
  sent
    .filter(({ packet }) => packet.type === 'response')
    .flatMap(({ packet }) => recordsOf(packet));

const ask = (world: World, ...questions: DnsQuestion[]) =>
  world.lan.say({ type: 'query', questions }, { address: '10.0.0.9', port: 5353 });

test('a directory is announced as _wot._tcp and _directory._sub._wot._tcp (WoT Discovery 6.3, introduction-dns-sd-service-name-directory)', async () => {
  const world = lan();
  await announce(world);
  await world.clock.advance(2_000);
  expect(answersOf(world.lan)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'PTR', name: '_wot._tcp.local', data: name }),
      expect.objectContaining({
        type: 'PTR',
        name: '_directory._sub._wot._tcp.local',
        data: name,
      }),
      expect.objectContaining({
        type: 'SRV',
        name,
        data: { port: 8080, target: 'thingtalk-1.local' },
      }),
      expect.objectContaining({ type: 'A', name: 'thingtalk-1.local', data: '10.0.0.1' }),
    ]),
  );
});

test('"the following information MUST be included in the TXT record": td and type; scheme is omitted for http (WoT Discovery 6.3, introduction-dns-sd-txt-record)', async () => {
  const world = lan();
  await announce(world);
  await world.clock.advance(2_000);
  const txt = answersOf(world.lan).find((record) => record.type === 'TXT');
  expect(String(txt?.data)).toBe('td=/.well-known/wot,type=Directory');
});

test('it asks three times whether the name is free before it takes it (RFC 6762 8.1)', async () => {
  const world = lan();
  const announcement = await announce(world);
  await world.clock.advance(800);
  expect(world.lan.sent.map(({ packet }) => packet.type)).toEqual(['query', 'query', 'query']);
  expect(announcement.isAnnounced).toBe(false);
  await world.clock.advance(100);
  expect(announcement.isAnnounced).toBe(true);
});

test('whoever comes second to a name takes the next', async () => {
  const world = lan();
  await announce(world);
  await world.clock.advance(2_000);
  const second = await announce(world, { host: 'thingtalk-2.local' }, ['10.0.0.2']);
  await world.clock.advance(2_000);
  expect(second.name).toBe('House (2)._wot._tcp.local');
  expect(second.isAnnounced).toBe(true);
});

test('of two who ask for one name at once, each gets one of its own (RFC 6762 8.2)', async () => {
  const world = lan();
  const both = [
    await announce(world),
    await announce(world, { host: 'thingtalk-2.local' }, ['10.0.0.2']),
    await announce(world, { port: 9090 }, ['10.0.0.3']),
  ];
  await world.clock.advance(5_000);
  expect(both.map((one) => one.isAnnounced)).toEqual([true, true, true]);
  expect(new Set(both.map((one) => one.name)).size).toBe(3);
});

test('where every name is taken it gives up, and says nothing more', async () => {
  const world = lan();
  const announcement = await announce(world);
  for (let count = 0; count < 30; count++) {
    const taken = announcement.name.replace('._wot._tcp.local', '');
    world.lan.say(announced(taken, { host: 'hostile.local' }), { address: '10.0.0.9', port: 5353 });
  }
  await world.clock.advance(5_000);
  expect(announcement.isAnnounced).toBe(false);
  expect(answersOf(world.lan)).toEqual([]);
});

test('it answers who asks, once for all who ask within the moment', async () => {
  const world = lan();
  await announce(world);
  await world.clock.advance(3_000);
  const before = world.lan.sent.length;
  for (let count = 0; count < 100; count++) ask(world, { name: '_WOT._tcp.local', type: 'PTR' });
  await world.clock.advance(200);
  expect(world.lan.sent.length - before).toBe(1);
});

test.each<[string, DnsQuestion]>([
  ['another kind', { name: '_http._tcp.local', type: 'PTR' }],
  ['another name', { name: 'Other._wot._tcp.local', type: 'ANY' }],
  ['another type', { name, type: 'A' }],
])('it is silent when asked for %s', async (_what, question) => {
  const world = lan();
  await announce(world);
  await world.clock.advance(3_000);
  const before = world.lan.sent.length;
  ask(world, question);
  await world.clock.advance(200);
  expect(world.lan.sent.length).toBe(before);
});

test('who knows it already is not told again (RFC 6762 7.1)', async () => {
  const world = lan();
  await announce(world);
  await world.clock.advance(3_000);
  const before = world.lan.sent.length;
  const known: DnsRecord = { type: 'PTR', name: '_wot._tcp.local', ttl: 4_000, data: name };
  const questions: DnsQuestion[] = [{ name: '_wot._tcp.local', type: 'PTR' }];
  const asker = { address: '10.0.0.9', port: 5353 };
  world.lan.say({ type: 'query', questions, answers: [known] }, asker);
  await world.clock.advance(200);
  expect(world.lan.sent.length).toBe(before);
});

test('a plain DNS resolver gets its question back, to itself alone (RFC 6762 6.7)', async () => {
  const world = lan();
  await announce(world);
  await world.clock.advance(3_000);
  const questions: DnsQuestion[] = [{ name, type: 'SRV' }];
  const resolver = { address: '10.0.0.9', port: 40_000 };
  world.lan.say({ type: 'query', id: 7, questions }, resolver);
  const last = world.lan.sent.at(-1);
  expect(last).toMatchObject({ to: resolver, packet: { id: 7, questions } });
  expect(recordsOf(last?.packet ?? { type: 'query' }).every(({ ttl }) => ttl <= 10)).toBe(true);
});

test('what listens on loopback is announced there alone, and asked there alone', async () => {
  const world = lan();
  await announce(world, { address: '127.0.0.1' }, ['127.0.0.1', '10.0.0.1']);
  await world.clock.advance(3_000);
  expect(new Set(world.lan.sent.map(({ from }) => from))).toEqual(new Set(['127.0.0.1']));
  expect(answersOf(world.lan).find(({ type }) => type === 'A')?.data).toBe('127.0.0.1');
});

test('what listens everywhere gives each network its own address', async () => {
  const world = lan();
  await announce(world, {}, ['10.0.0.1', '10.0.1.1']);
  await world.clock.advance(3_000);
  for (const { packet, from } of world.lan.sent) {
    const address = recordsOf(packet).find(({ type }) => type === 'A');
    if (address !== undefined) expect(address.data).toBe(from);
  }
});

test('it says goodbye when it ends, and leaves others of its kind announced (RFC 6762 10.1)', async () => {
  const world = lan();
  const announcement = await announce(world);
  await world.clock.advance(3_000);
  await announcement[Symbol.asyncDispose]();
  const goodbye = recordsOf(world.lan.sent.at(-1)?.packet ?? { type: 'query' });
  expect(goodbye.every(({ ttl }) => ttl === 0)).toBe(true);
  expect(goodbye.map(({ name }) => name)).not.toContain('_services._dns-sd._udp.local');
  expect(world.clock.waiting).toBe(0);
});

test('one that was never announced ends without a word', async () => {
  const world = lan();
  const announcement = await announce(world);
  await announcement[Symbol.asyncDispose]();
  await world.clock.advance(5_000);
  await settle();
  expect(world.lan.sent).toEqual([]);
});

test('a directory behind TLS says so: "scheme" is https (WoT Discovery 6.3, introduction-dns-sd-txt-record)', async () => {
  const world = lan();
  await announce(world, { scheme: 'https' });
  await world.clock.advance(2_000);
  const txt = answersOf(world.lan).find((record) => record.type === 'TXT');
  expect(String(txt?.data)).toBe('td=/.well-known/wot,type=Directory,scheme=https');
});

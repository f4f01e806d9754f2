import { silentLogger } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { MdnsLinks } from './mdns-links.ts';
import type { MdnsPacket, Sender } from './mdns-packet.ts';
import { ServiceBrowser, serviceLimits } from './service-browser.ts';
import { announced, TestingLan } from './testing-lan.ts';

const device: Sender = { address: '10.0.0.7', port: 5353 };
const stranger: Sender = { address: '10.0.0.66', port: 5353 };

/** A browser on a network of its own. */
async function browse() {
  const lan = new TestingLan();
  const clock = new FakeClock();
  const found: string[] = [];
  const links = new MdnsLinks({
    openLink: lan.openLink,
    addresses: () => ['10.0.0.1'],
    logger: silentLogger,
  });
  const browser = new ServiceBrowser({
    links,
    clock,
    onFound: ({ url }) => found.push(url.href),
  });
  onTestFinished(async () => {
    browser[Symbol.dispose]();
    await links[Symbol.asyncDispose]();
  });
  browser.start();
  await clock.advance(0);
  const urls = () => browser.services().map(({ url }) => url.href);
  return { lan, clock, browser, found, urls };
}

test('what announces itself is found, at the address that announced it', async () => {
  const { lan, browser, found } = await browse();
  lan.say(announced('Lamp', { txt: ['td=/lamp.td', 'type=Thing'] }), device);
  expect(browser.services()).toEqual([
    {
      name: 'Lamp._wot._tcp.local',
      instance: 'Lamp',
      address: '10.0.0.7',
      host: 'device.local',
      type: 'Thing',
      url: new URL('http://10.0.0.7:8080/lamp.td'),
    },
  ]);
  expect(found).toEqual(['http://10.0.0.7:8080/lamp.td']);
});

test('what says the same again is told once; what says something else, again', async () => {
  const { lan, found } = await browse();
  lan.say(announced('Lamp'), device);
  lan.say(announced('Lamp'), device);
  lan.say(announced('Lamp', { port: 81 }), device);
  expect(found).toEqual(['http://10.0.0.7:8080/td', 'http://10.0.0.7:81/td']);
});

test('it asks at the start, then ever more rarely, but once a minute', async () => {
  const { lan, clock } = await browse();
  await clock.advance(600_000);
  const questions = lan.sent.filter(({ packet }) => packet.type === 'query').length;
  expect(questions).toBeGreaterThan(10);
  expect(questions).toBeLessThan(20);
});

test('those who were there have had time to answer when it has settled', async () => {
  const { browser, clock } = await browse();
  let isSettled = false;
  void browser.settled.then(() => {
    isSettled = true;
  });
  await clock.advance(999);
  expect(isSettled).toBe(false);
  await clock.advance(1);
  expect(isSettled).toBe(true);
});

test('who says goodbye is gone', async () => {
  const { lan, urls } = await browse();
  lan.say(announced('Lamp'), device);
  lan.say(announced('Lamp', { ttl: 0 }), device);
  expect(urls()).toEqual([]);
});

test('who falls silent is gone when its time has run out', async () => {
  const { lan, clock, urls } = await browse();
  lan.say(announced('Lamp', { ttl: 120 }), device);
  await clock.advance(119_000);
  expect(urls()).toHaveLength(1);
  await clock.advance(1_000);
  expect(urls()).toEqual([]);
});

test('nobody speaks for another: neither takes a name over, nor says goodbye for it', async () => {
  const { lan, urls } = await browse();
  lan.say(announced('Lamp'), device);
  lan.say(announced('Lamp', { port: 666 }), stranger);
  lan.say(announced('Lamp', { ttl: 0 }), stranger);
  expect(urls()).toEqual(['http://10.0.0.7:8080/td']);
});

test('what a pointer leaves open is asked for', async () => {
  const { lan, urls } = await browse();
  const { answers = [] } = announced('Lamp');
  lan.say({ type: 'response', answers: answers.slice(0, 1) }, device);
  expect(lan.sent.at(-1)?.packet.questions).toEqual([
    { name: 'Lamp._wot._tcp.local', type: 'SRV' },
    { name: 'Lamp._wot._tcp.local', type: 'TXT' },
  ]);
  lan.say({ type: 'response', answers: answers.slice(1) }, device);
  expect(urls()).toHaveLength(1);
});

test('other kinds of services are let pass', async () => {
  const { lan, urls } = await browse();
  const { answers = [] } = announced('Lamp');
  const renamed = answers.map((record) => ({
    ...record,
    name: record.name.replace('_wot', '_http'),
  }));
  lan.say({ type: 'response', answers: renamed }, device);
  expect(urls()).toEqual([]);
});

test('a host that announces a thousand services fills only its own share', async () => {
  const { lan, urls } = await browse();
  for (let count = 0; count < 1_000; count++) lan.say(announced(`Fake ${count}`), stranger);
  expect(urls()).toHaveLength(serviceLimits.perAddress);
  lan.say(announced('Lamp'), device);
  expect(urls()).toContain('http://10.0.0.7:8080/td');
});

test('a thousand hosts together fill no more than there is room for, and room comes back', async () => {
  const { lan, clock, urls } = await browse();
  for (let count = 0; count < 5_000; count++) {
    const address = `10.1.${(count >> 8) & 255}.${count & 255}`;
    lan.say(announced(`Fake ${count}`, { ttl: 10 }), { address, port: 5353 });
  }
  expect(urls()).toHaveLength(serviceLimits.total);
  await clock.advance(11_000);
  lan.say(announced('Lamp'), device);
  expect(urls()).toEqual(['http://10.0.0.7:8080/td']);
});

test('no sequence of records makes it throw, or believe in more than it may', async () => {
  const { lan, browser } = await browse();
  const name = fc.oneof(
    fc.constantFrom('_wot._tcp.local', 'a._wot._tcp.local', '.', '', '._wot._tcp.local'),
    fc.string({ unit: 'binary', maxLength: 80 }).map((text) => `${text}._wot._tcp.local`),
  );
  const ttl = fc.oneof(fc.constantFrom(0, 1, 120, 2 ** 32 - 1), fc.nat());
  const bytes = fc.uint8Array({ maxLength: 60 });
  const record = fc.oneof(
    fc.record({ type: fc.constant('PTR'), name, ttl, data: name }),
    fc.record({
      type: fc.constant('SRV'),
      name,
      ttl,
      data: fc.record({ port: fc.nat(65_535), target: name }),
    }),
    fc.record({ type: fc.constant('TXT'), name, ttl, data: fc.array(bytes, { maxLength: 4 }) }),
    fc.record({ type: fc.constant('OPT'), name, ttl }),
  );
  const sender = fc.constantFrom(device, stranger, { address: 'fe80::1', port: 1 });
  await fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), sender, (answers, from) => {
      lan.say({ type: 'response', answers } as unknown as MdnsPacket, from);
      for (const { url, address } of browser.services()) expect(url.hostname).toBe(address);
    }),
    { numRuns: 500 },
  );
});

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { silentLogger, systemClock } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DnsSd } from './dns-sd.ts';
import { udpLinks } from './mdns-link.ts';
import type { WotService } from './wot-service.ts';

/** A UDP port that nobody uses: tests on it hear none of the machine's own multicast DNS. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** DNS-SD on loopback, at a port of its own. */
function onLoopback(port: number, onFound: (service: WotService) => void = () => {}): DnsSd {
  return new DnsSd({
    clock: systemClock,
    logger: silentLogger,
    openLink: udpLinks({ logger: silentLogger, port }),
    addresses: () => ['127.0.0.1'],
    onFound,
  });
}

const house = {
  title: 'House',
  host: 'thingtalk-1.local',
  port: 8080,
  tdPath: '/.well-known/wot',
  address: '127.0.0.1',
};

test('over UDP one finds the other, and hears that it leaves', async () => {
  const port = await freePort();
  const found = Promise.withResolvers<WotService>();
  await using browser = onLoopback(port, found.resolve);
  browser.start();
  {
    await using directory = onLoopback(port);
    await directory.announce(house);
    expect(await found.promise).toMatchObject({
      instance: 'House',
      type: 'Directory',
      url: new URL('http://127.0.0.1:8080/.well-known/wot'),
    });
  }
  await expect.poll(() => browser.services(), { timeout: 10_000 }).toEqual([]);
});

test('of two gateways of one name on one machine both are found', async () => {
  const port = await freePort();
  const found: string[] = [];
  await using browser = onLoopback(port, ({ instance }) => found.push(instance));
  browser.start();
  await using first = onLoopback(port);
  await using second = onLoopback(port);
  await first.announce(house);
  await second.announce({ ...house, port: 8081, host: 'thingtalk-2.local' });
  await expect.poll(() => found.toSorted(), { timeout: 10_000 }).toEqual(['House', 'House (2)']);
});

test('what one announces itself is not found by it', async () => {
  const port = await freePort();
  await using directory = onLoopback(port);
  await using browser = onLoopback(port);
  directory.start();
  browser.start();
  await directory.announce(house);
  await expect.poll(() => browser.services(), { timeout: 10_000 }).toHaveLength(1);
  expect(directory.services()).toEqual([]);
});

test('no packet ends the process, or keeps others from being found', async () => {
  const port = await freePort();
  const found = Promise.withResolvers<WotService>();
  await using browser = onLoopback(port, found.resolve);
  await using directory = onLoopback(port);
  browser.start();
  await browser.settled;
  const hostile = createSocket('udp4');
  const send = (bytes: Uint8Array) =>
    new Promise((resolve) => hostile.send(bytes, port, '127.0.0.1', resolve));
  // A name that points at itself; a claim of 65,535 answers that do not follow; a pointer and where it leads.
  const loop = Buffer.from('000084000000000100000000c00c000c000100000078000200c00c', 'hex');
  const many = Buffer.from('000084000000ffff00000000', 'hex');
  const real = Buffer.from(
    '000084000000000200000000045f776f74045f746370056c6f63616c00000c00010000007800040161c00cc02700210001000000780009000000000050016100',
    'hex',
  );
  for (const seed of [loop, many, real]) await send(seed);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(loop, many, real),
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      async (seed, edits, tail) => {
        const bytes = Buffer.concat([seed, tail]);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        await send(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
  hostile.close();
  await directory.announce(house);
  expect(await found.promise).toMatchObject({ instance: 'House' });
});

test('where a network cannot be opened nothing is found, and nothing fails', async () => {
  await using dnsSd = new DnsSd({
    clock: systemClock,
    logger: silentLogger,
    // 192.0.2.0/24 is nobody's (RFC 5737): there is no such interface here.
    openLink: () => Promise.reject(new Error('EADDRNOTAVAIL')),
    addresses: () => ['192.0.2.99'],
  });
  dnsSd.start();
  await dnsSd.announce(house);
  await dnsSd.settled;
  expect(dnsSd.services()).toEqual([]);
});

test('it can be ended while it is still beginning', async () => {
  const dnsSd = onLoopback(await freePort());
  dnsSd.start();
  const announcing = dnsSd.announce(house);
  await dnsSd[Symbol.asyncDispose]();
  await announcing;
  expect(dnsSd.services()).toEqual([]);
});

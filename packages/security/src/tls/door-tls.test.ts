import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { DoorTls, type DoorTlsOptions } from './door-tls.ts';
import { OwnCertificates } from './own-certificates.ts';
import { MemoryFiles } from './testing-files.ts';

/** A server that greets over TLS. */
async function startDoor(options: DoorTlsOptions = {}) {
  const clock = new FakeClock(Date.now());
  let names = ['localhost', '127.0.0.1'];
  const certificates = await OwnCertificates.open({
    ...{ files: new MemoryFiles(), title: 'test', clock },
    names: () => names,
  });
  const door = new DoorTls(certificates, { clock, ...options });
  const server = createServer(door.options, (socket) => {
    socket.on('error', () => {});
    socket.end('hello');
  });
  door.guard(server, 'this port speaks TLS\n');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ clock, certificates, server },
    rename: (...more: readonly string[]) => {
      names = [...names, ...more];
    },
    tls: (over: Parameters<typeof connect>[1] = {}) =>
      connect(port, '127.0.0.1', { ca: certificates.authority, servername: 'localhost', ...over }),
    tcp: () => connectTcp(port, '127.0.0.1'),
    async [Symbol.asyncDispose]() {
      certificates[Symbol.dispose]();
      server.close();
      door.endHandshakes();
      await once(server, 'close');
    },
  };
}

async function textOf(socket: Socket | TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

test('whoever trusts the authority is greeted, over TLS 1.3', async () => {
  await using door = await startDoor();
  const socket = door.tls();
  await once(socket, 'secureConnect');
  expect(socket.getProtocol()).toBe('TLSv1.3');
  expect(await textOf(socket)).toBe('hello');
});

test('a new certificate is served without a restart', async () => {
  await using door = await startDoor();
  const changed = new Promise((resolve) => door.certificates.onChange(resolve));
  door.rename('new.name');
  await door.clock.advance(60_000);
  await changed;
  const socket = door.tls({ servername: 'new.name' });
  await once(socket, 'secureConnect');
  expect(socket.authorized).toBe(true);
  socket.destroy();
});

test('whoever does not speak TLS is told so, whatever the first words', async () => {
  await using door = await startDoor();
  for (const words of ['GET / HTTP/1.1\r\n\r\n', '\x10\x0c\0\x04MQTT', '\x80']) {
    const socket = door.tcp();
    socket.write(words, 'latin1');
    expect(await textOf(socket)).toBe('this port speaks TLS\n');
  }
});

test('a handshake that takes too long is ended, one that is done is not', async () => {
  await using door = await startDoor();
  const silent = door.tcp();
  await once(silent, 'connect');
  const half = door.tcp();
  half.write(Buffer.from([0x16, 3, 1, 2, 0]));
  await Promise.all([once(door.server, 'connection'), once(half, 'connect')]);
  const ended = [once(silent, 'close'), once(half, 'close')];
  for (const socket of [silent, half]) socket.on('error', () => {});
  const turning = (async () => {
    while (!silent.destroyed || !half.destroyed) await door.clock.advance(10_000);
  })();
  await Promise.all([...ended, turning]);
});

test('as many handshakes as are allowed at once are begun, and more after those have ended', async () => {
  await using door = await startDoor({ limits: { ofOneAddress: 2 } });
  const holding = [door.tcp(), door.tcp()];
  await Promise.all(holding.map((socket) => once(socket, 'connect')));
  const third = door.tcp();
  await once(third.resume(), 'close');
  for (const socket of holding) socket.destroy();
  await expect.poll(() => textOf(door.tls()).catch(() => 'refused')).toBe('hello');
});

test('handshakes beyond those of a second are cut off', async () => {
  await using door = await startDoor({ limits: { perSecond: 3 } });
  for (let n = 0; n < 3; n += 1) expect(await textOf(door.tls())).toBe('hello');
  expect(await textOf(door.tls()).catch(() => '')).toBe('');
  await door.clock.advance(1_000);
  expect(await textOf(door.tls())).toBe('hello');
});

test('a server that closes does not wait for a handshake that never ends', async () => {
  const door = await startDoor();
  const half = door.tcp();
  half.on('error', () => {}).write(Buffer.from([0x16, 3, 1, 2, 0]));
  await once(door.server, 'connection');
  await door[Symbol.asyncDispose]();
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { headLength, textFrame, writeHead } from './frame.ts';

function frameOf(payload: Buffer): Buffer {
  const head = Buffer.alloc(headLength(payload.length));
  expect(writeHead(head, 0, textFrame, payload.length)).toBe(head.length);
  return Buffer.concat([head, payload]);
}

/** A socket to write to, and the client of another implementation that reads it. */
async function openWire() {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  const { promise: accepted, resolve } = Promise.withResolvers<Duplex>();
  http.on('upgrade', (request, socket, head) =>
    server.handleUpgrade(request, socket, head, () => resolve(socket)),
  );
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const socket = await accepted;
  await once(client, 'open');
  return {
    async carry(payload: Buffer): Promise<Buffer> {
      const heard = once(client, 'message');
      socket.write(frameOf(payload));
      const [data] = (await heard) as [Buffer];
      return data;
    },
    async [Symbol.asyncDispose]() {
      client.terminate();
      socket.destroy();
      http.close();
      await once(http, 'close');
    },
  };
}

test('a frame of any length is read by another implementation as what was written', async () => {
  await using wire = await openWire();
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]) {
    const payload = Buffer.alloc(length, 'x');
    expect((await wire.carry(payload)).equals(payload)).toBe(true);
  }
});

test('texts survive their frames', async () => {
  await using wire = await openWire();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      expect((await wire.carry(Buffer.from(text))).toString()).toBe(text);
    }),
  );
});

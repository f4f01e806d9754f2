/**
 * The floor for WebSocket: bare `ws`. A `setProperty` frame is parsed, checked, stored and confirmed to its sender;
 * a change of the panel is encoded once per property and sent to every socket. With `--stores` a write is confirmed when
 * it is on disk.
 */
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen, runServer } from './contract.ts';
import { isBrightness, panelNames } from './lamp.ts';
import { StoredValue } from './stored-value.ts';

const server = createServer();
const sockets = new Set<WebSocket>();
const values = new Map<string, number>();
const stored = process.argv.includes('--stores') ? new StoredValue() : undefined;

new WebSocketServer({ server }).on('connection', (socket, request) => {
  if (request.url === '/panel') sockets.add(socket);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (data) => take(socket, String(data)));
});

function take(socket: WebSocket, text: string): void {
  const message = JSON.parse(text) as { messageType?: unknown; data?: { brightness?: unknown } };
  const value = message.data?.brightness;
  if (message.messageType !== 'setProperty' || !isBrightness(value)) {
    socket.send(JSON.stringify({ messageType: 'error', data: { status: '400 Bad Request' } }));
    return;
  }
  values.set('brightness', value);
  if (stored === undefined) confirm(socket, value);
  else void stored.write(value).then(() => confirm(socket, value));
}

function confirm(socket: WebSocket, value: number): void {
  socket.send(JSON.stringify({ messageType: 'propertyStatus', data: { brightness: value } }));
}

function change(count: number, value: number): void {
  for (const name of panelNames.slice(0, count)) {
    values.set(name, value);
    const frame = Buffer.from(
      JSON.stringify({ messageType: 'propertyStatus', data: { [name]: value } }),
    );
    for (const socket of sockets) socket.send(frame, { binary: false });
  }
}

await runServer({
  port: await listen(server),
  change,
  close: () => stored?.[Symbol.dispose](),
});

/** The bridge everybody writes: mosquitto, mqtt.js and `ws`. It checks by hand what the gateway checks by schema. */
import { createServer } from 'node:http';
import mqtt from 'mqtt';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen, runServer } from './contract.ts';
import { meterId } from './lamp.ts';
import { startMosquitto } from './mosquitto.ts';

const mosquitto = await startMosquitto();
const server = createServer();
const sockets = new Set<WebSocket>();

new WebSocketServer({ server }).on('connection', (socket) => {
  sockets.add(socket);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => sockets.delete(socket));
});

const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`);
if ('setNoDelay' in client.stream)
  (client.stream as { setNoDelay(on: boolean): void }).setNoDelay(true);
await client.subscribeAsync(`things/${meterId}/values`);
client.on('message', (_, payload) => {
  const count: unknown = (JSON.parse(payload.toString()) as { count?: unknown }).count;
  if (!Number.isInteger(count) || (count as number) < 0) return;
  const frame = JSON.stringify({ messageType: 'propertyStatus', data: { count } });
  for (const socket of sockets) socket.send(frame);
});

await runServer({
  port: await listen(server),
  mqttPort: mosquitto.port,
  pids: [mosquitto.pid],
  close: mosquitto.close,
});

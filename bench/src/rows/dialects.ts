import type { SocketTarget } from '../load/ws-socket.ts';
import { lampId, meterId, panelId, panelNames } from '../servers/lamp.ts';

const observe = (thingID: string, name: string, n: number) =>
  JSON.stringify({
    thingID,
    messageID: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    messageType: 'request',
    operation: 'observeproperty',
    name,
  });

/** Our Web Thing Protocol socket, having asked to observe these properties. */
export function protocolTarget(port: number, id: string, names: readonly string[]): SocketTarget {
  return {
    port,
    path: '/ws',
    protocol: 'webthingprotocol',
    hello: names.map((name, n) => observe(id, name, n)),
  };
}

/** The panel's first `count` properties on our socket. */
export const panelTarget = (port: number, count: number) =>
  protocolTarget(port, panelId, panelNames.slice(0, count));

/** The meter on our socket. */
export const meterTarget = (port: number) => protocolTarget(port, meterId, ['count']);

/** A write on our socket: its confirmation is the response that carries the value. */
export const protocolWrite = {
  request: JSON.stringify({
    thingID: lampId,
    messageID: '00000000-0000-4000-8000-000000000000',
    messageType: 'request',
    operation: 'writeproperty',
    name: 'brightness',
    value: '{}',
  }).replace('"{}"', '{}'),
  confirmed: '"value":{}',
};

/** A write in the dialect that bare `ws` and webthing share. */
export const dialectWrite = {
  request: '{"messageType":"setProperty","data":{"brightness":{}}}',
  confirmed: '"brightness":{}',
};

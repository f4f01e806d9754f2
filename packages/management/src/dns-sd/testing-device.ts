import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WotService } from './wot-service.ts';

/** A program on the network that answers HTTP as it likes. */
export interface TestingDevice extends AsyncDisposable {
  readonly port: number;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  /** The service it announces. */
  service(path?: string, type?: WotService['type']): WotService;
}

/** Starts one on a free port of this machine. */
export async function startDevice(listener: RequestListener): Promise<TestingDevice> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    service: (path = '/td', type = 'Thing') => ({
      name: 'Device._wot._tcp.local',
      instance: 'Device',
      address: '127.0.0.1',
      host: 'device.local',
      url: new URL(path, `http://127.0.0.1:${port}`),
      type,
    }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A complete Thing Description. */
export function describedThing(id: string, members: object = {}) {
  return {
    '@context': 'https://www.w3.org/2022/wot/td/v1.1',
    id,
    title: `Thing ${id}`,
    security: 'nosec_sc',
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
    properties: { on: { type: 'boolean', forms: [{ href: 'properties/on' }] } },
    ...members,
  };
}

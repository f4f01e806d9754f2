import {
  documentRoutes,
  httpForms,
  startHttpServer,
  ThingFeed,
  thingRoutes,
} from '@thingtalk/application';
import {
  type Clock,
  defineThing,
  type JsonObject,
  MemoryBus,
  openThings,
  Servient,
  type Store,
  silentLogger,
  systemClock,
  type ThingRegistry,
  Topics,
} from '@thingtalk/core';
import { MemoryStore } from '@thingtalk/core/testing';
import { DescriptionArchive, ForgottenThings, openRegistry } from '@thingtalk/management';
import type { WorldDoors } from './http-world.ts';

/** The directory as a Thing of the bus. */
export const self = defineThing('urn:dev:directory', {
  title: 'Directory',
  '@type': 'ThingDirectory',
  properties: { things: { type: 'integer' } },
});

/** A gateway's directory, in this process, behind a real HTTP server. */
export interface DirectoryWorld extends AsyncDisposable {
  readonly base: string;
  readonly bus: MemoryBus;
  readonly servient: Servient;
  readonly registry: ThingRegistry;
  /** `fetch` on a path of the server. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** `fetch` with a JSON body, of a Thing Description where no header says otherwise. */
  readonly send: (
    method: string,
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ) => Promise<Response>;
}

/**
 * Starts one over `store`, on a port of its own, composed as a gateway is.
 *
 * @param busName tells its bus from others over the same store.
 * @param doors how they are guarded. Default: not at all.
 */
export async function startDirectoryWorld(
  store: Store = new MemoryStore(),
  clock: Clock = systemClock,
  busName = 'here',
  doors: WorldDoors = {},
): Promise<DirectoryWorld> {
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(new MemoryBus());
  const servient = stack.use(new Servient({ bus, clock }));
  await servient.expose(self);
  const forgotten = await ForgottenThings.open(store);
  const { things } = stack.use(
    await openThings({ bus, clock, ignores: (id) => forgotten.has(id) }),
  );
  const kept = { store, clock, logger: silentLogger, bus, topics: new Topics() };
  const archive = stack.use(await DescriptionArchive.open({ ...kept, busName, keep: undefined }));
  const registry = stack.use(await openRegistry({ store, things, bus, clock, forgotten, archive }));
  const feed = stack.use(new ThingFeed(things, clock));
  const introduced = () => things.find(self.id);
  const w3c = stack.use(
    thingRoutes({ things, feed, clock, forms: [httpForms], introduced, registry }),
  );
  const routes = documentRoutes({
    info: { title: 'thingTalk', version: '0.1.0', description: 'A directory' },
    things,
    routes: w3c.routes,
    channels: [],
  });
  const server = stack.use(await startHttpServer({ routes, port: 0, clock, ...doors }));
  const owned = stack.move();
  const request = (path: string, init?: RequestInit) => fetch(server.base + path, init);
  return {
    base: server.base,
    bus,
    servient,
    registry,
    fetch: request,
    send: (method, path, body, headers) =>
      request(path, {
        method,
        headers: { 'content-type': 'application/td+json', ...headers },
        body: JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A Thing Description that is complete, as somebody would register it. */
export function describedThing(id: string, more: JsonObject = {}): JsonObject {
  return { ...anonymous(more), id };
}

/** One without an id. */
export function anonymous(more: JsonObject = {}): JsonObject {
  return {
    '@context': 'https://www.w3.org/2022/wot/td/v1.1',
    title: 'Meter',
    security: 'nosec_sc',
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
    properties: {
      power: { type: 'number', readOnly: true, forms: [{ href: 'http://10.0.0.7/power' }] },
    },
    ...more,
  };
}

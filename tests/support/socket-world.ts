import {
  type HttpServer,
  startHttpServer,
  ThingFeed,
  type WebSocketOptions,
  type WebSocketUpgrades,
  websocketUpgrades,
} from '@thingtalk/application';
import {
  defineThing,
  type ExposedThing,
  MemoryBus,
  openThings,
  Servient,
  type Things,
} from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { SocketClient, type Told } from './socket-client.ts';

/** The community's lamp, with one property for each case a dialect tells apart. */
export const lamp = defineThing(
  'urn:dev:ops:my-lamp-1234',
  {
    title: 'My Lamp',
    properties: {
      on: { type: 'boolean' },
      brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
      power: { type: 'number', readOnly: true, unit: 'watt' },
      pin: { type: 'string', writeOnly: true },
    },
    actions: {
      fade: {
        synchronous: false,
        input: {
          type: 'object',
          required: ['brightness', 'duration'],
          properties: {
            brightness: { type: 'integer', minimum: 0, maximum: 100 },
            duration: { type: 'integer', minimum: 1, unit: 'millisecond' },
          },
        },
      },
      double: { synchronous: true, input: { type: 'number' }, output: { type: 'number' } },
      jam: { synchronous: true },
      wait: { synchronous: true },
    },
    events: {
      overheated: { data: { type: 'number', unit: 'degree celsius' } },
      touched: {},
    },
  },
  {
    initial: { on: true, brightness: 50, power: 7.5 },
    actions: {
      async fade({ brightness, duration }, { thing, delay }) {
        await delay(duration);
        thing.report('brightness', brightness);
        thing.emit('overheated', 102);
      },
      double: (input) => input * 2,
      jam() {
        throw new Error('the shade is stuck');
      },
      wait: (_, { delay }) => delay(1_000),
    },
  },
);

/** A server with a lamp and its WebSocket door, and a clock to turn by hand. */
export class SocketWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly #owned = new AsyncDisposableStack();
  readonly things: Things;
  readonly door: WebSocketUpgrades;
  readonly server: HttpServer;
  readonly thing: ExposedThing<(typeof lamp)['td']>;

  private constructor(parts: Pick<SocketWorld, 'things' | 'door' | 'server' | 'thing' | 'clock'>) {
    this.things = parts.things;
    this.door = parts.door;
    this.server = parts.server;
    this.thing = parts.thing;
    this.clock = parts.clock;
  }

  /** @param remembered how many changes are kept for those who come back; default as in a gateway. */
  static async open(
    options: Partial<WebSocketOptions> = {},
    remembered?: number,
  ): Promise<SocketWorld> {
    const clock = new FakeClock();
    await using owned = new AsyncDisposableStack();
    const bus = owned.use(new MemoryBus());
    const { things } = owned.use(await openThings({ bus, clock, acknowledges: true }));
    const servient = owned.use(new Servient({ bus, clock }));
    const thing = await servient.expose(lamp);
    const limits = remembered === undefined ? undefined : { changes: remembered, characters: 1e6 };
    const feed = owned.use(new ThingFeed(things, clock, limits));
    const door = websocketUpgrades({ things, feed, clock, gatewayId: lamp.id, ...options });
    const server = owned.use(await startHttpServer({ routes: [], port: 0, upgrades: door.routes }));
    owned.use(door);
    const world = new SocketWorld({ clock, things, door, server, thing });
    world.#owned.use(owned.move());
    return world;
  }

  url(path: string): string {
    return `ws://127.0.0.1:${this.server.port}${path}`;
  }

  /** A client of the Web Thing Protocol. */
  async wtp(path = '/ws'): Promise<WtpClient> {
    return new WtpClient(await SocketClient.open(this.url(path), 'webthingprotocol'));
  }

  /** A client of the webthings dialect. */
  webthings(path = `/webthings/${lamp.id}`): Promise<SocketClient> {
    return SocketClient.open(this.url(path));
  }

  /** A client of the original's channel. */
  channel(): Promise<SocketClient> {
    return SocketClient.open(this.url('/channel'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** Speaks the Web Thing Protocol as a consumer does. */
export class WtpClient implements AsyncDisposable {
  readonly socket: SocketClient;

  constructor(socket: SocketClient) {
    this.socket = socket;
  }

  /** Sends a request about the lamp; `members` may say otherwise. */
  send(operation: string, members: Told = {}): void {
    this.socket.send({
      thingID: lamp.id,
      messageID: crypto.randomUUID(),
      messageType: 'request',
      operation,
      ...members,
    });
  }

  /** Sends a request and waits for its answer. */
  async ask(operation: string, members: Told = {}): Promise<Told> {
    this.send(operation, members);
    return await this.socket.until(({ messageType }) => messageType === 'response');
  }

  /** The next notification. */
  heard(): Promise<Told> {
    return this.socket.until(({ messageType }) => messageType === 'notification');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket[Symbol.asyncDispose]();
  }
}

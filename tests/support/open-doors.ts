import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { SecuredGateway } from './secured-gateway.ts';
import { SocketClient } from './socket-client.ts';
import { lamp, WtpClient } from './socket-world.ts';

/** Where the lamp's properties are said to MQTT clients. */
const topicOf = (name: string) => `things/${lamp.id}/properties/${name}`;

/** An event stream, and what it has told so far. */
export class HeardStream {
  readonly #reader: ReadableStreamDefaultReader<string>;
  told = '';

  constructor({ body }: Response) {
    const text = (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
    this.#reader = text.getReader();
  }

  /** Reads on until it has told `text`. @throws when it ends before. */
  async until(text: string): Promise<void> {
    while (!this.told.includes(text)) {
      if (!(await this.#read())) throw new Error(`it ended before it told '${text}'`);
    }
  }

  /** Reads on until the gateway ends it. */
  async ended(): Promise<void> {
    while (await this.#read());
  }

  async #read(): Promise<boolean> {
    const { done, value = '' } = await this.#reader.read();
    this.told += value;
    return !done;
  }
}

/** An MQTT session that listens to some of the lamp's properties. */
export class HeardSession {
  readonly client: MqttClient;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  /** What it was told, as `property value`. */
  readonly told: string[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
    client.on('message', (topic, payload) => {
      this.told.push(`${topic.slice(topic.lastIndexOf('/') + 1)} ${payload.toString()}`);
    });
  }

  /** The QoS with which a subscription is granted; 128 where it is refused. */
  async subscribe(name: string): Promise<number> {
    const granted = this.client.subscribeAsync(topicOf(name), { qos: 1 });
    return granted.then(([grant]) => grant?.qos ?? 128).catch(() => 128);
  }

  /** Resolves when it has been told this. */
  async until(text: string): Promise<void> {
    while (!this.told.includes(text)) {
      await new Promise((resolve) => this.client.once('message', resolve));
    }
  }
}

/** Every door to the lamp, as one person has it open by a token: at each, all that they may hear of. */
export class OpenDoors implements AsyncDisposable {
  readonly #world: SecuredGateway;
  readonly #token: string;
  readonly #opened = new AsyncDisposableStack();
  readonly #givenUp = new AbortController();

  constructor(world: SecuredGateway, token: string) {
    this.#world = world;
    this.#token = token;
    this.#opened.defer(() => this.#givenUp.abort());
  }

  /** An event stream of one property, or of all. */
  async stream(name?: string): Promise<HeardStream> {
    const headers = { accept: 'text/event-stream' };
    const stream = new HeardStream(await this.#get(name === undefined ? '' : `/${name}`, headers));
    await stream.until('id: ');
    return stream;
  }

  /** A long poll for the next value of a property: its status. */
  async poll(name: string): Promise<number> {
    const answer = await this.#get(`/${name}/observe`);
    await answer.text();
    return answer.status;
  }

  /** A socket of the Web Thing Protocol: on `/ws`, or the lamp's own. */
  async protocol(path: string): Promise<WtpClient> {
    return new WtpClient(await this.socket(path, 'webthingprotocol'));
  }

  /** A socket of another dialect. */
  async socket(path: string, protocol?: string): Promise<SocketClient> {
    const url = this.#world.gateway.httpUrl.replace('https', 'wss') + path;
    return this.#opened.use(await SocketClient.open(url, protocol, this.#token));
  }

  /** An MQTT session under the token's id with `name` behind it, over TCP. */
  session(name: string, options: IClientOptions = {}): Promise<HeardSession> {
    return this.#connect(this.#world.gateway.mqttUrl, name, options);
  }

  /** The same over WebSocket. */
  sessionOverWebSocket(name: string): Promise<HeardSession> {
    return this.#connect(`${this.#world.gateway.httpUrl.replace('https', 'wss')}/mqtt`, name, {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }

  async #connect(url: string, name: string, options: IClientOptions): Promise<HeardSession> {
    const [, id = ''] = /^tt_(pat_[^_]+)_/.exec(this.#token) ?? [];
    const client = await connectAsync(url, {
      ...{ ca: this.#world.ca, protocolVersion: 4, reconnectPeriod: 0 },
      ...{ clientId: `${id}-${name}`, username: id, password: this.#token },
      ...options,
    });
    this.#opened.defer(() => client.endAsync(true));
    return new HeardSession(client);
  }

  #get(rest: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const path = `/things/${lamp.id}/properties${rest}`;
    return this.#world.ask(path, { token: this.#token, headers, signal: this.#givenUp.signal });
  }
}

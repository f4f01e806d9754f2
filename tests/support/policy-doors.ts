import { once } from 'node:events';
import { RawClient } from '@thingtalk/broker/testing';
import { type Right, type ThingId, topicLevel } from '@thingtalk/core';
import { WebSocket } from 'ws';
import type { CastMember } from './cast.ts';
import type { Told } from './socket-client.ts';

/** What somebody wants to do to an affordance of a Thing; without a name, to all of the Thing. */
export interface Wanted {
  readonly right: Right;
  readonly thing: ThingId;
  readonly affordance?: string;
}

/** How a door answered: it did it, it said that this may not be done, that there is no such thing, or asked who that is. */
export type Verdict = 'allowed' | 'forbidden' | 'hidden' | 'unknown';

/** The doors of a gateway, and what can be asked at each. */
export const doorNames = ['HTTP', 'SSE', 'WebSocket', 'MQTT'] as const;
export type DoorName = (typeof doorNames)[number];

/** Where the doors are. */
export interface Place {
  readonly base: string;
  readonly mqttPort: number;
  /** What Things were tagged with, by their ids: they stay so when somebody who may sets it again. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** One who asks at every door. What a door has no way to ask for is `undefined`. */
export class Visitor implements Disposable {
  readonly member: CastMember;
  readonly #place: Place;
  readonly #socket: ProtocolSocket;
  #mqtt: RawClient | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(member: CastMember, place: Place) {
    this.member = member;
    this.#place = place;
    this.#socket = new ProtocolSocket(`${place.base.replace('http', 'ws')}/ws`, member.headers);
  }

  /** What a door answers. */
  ask(door: DoorName, wanted: Wanted): Promise<Verdict | undefined> {
    switch (door) {
      case 'HTTP':
        return this.#overHttp(wanted);
      case 'SSE':
        return this.#overStream(wanted);
      case 'WebSocket':
        return this.#overSocket(wanted);
      case 'MQTT':
        return this.#overMqtt(wanted);
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    this.#mqtt?.[Symbol.dispose]();
  }

  async #overHttp({ right, thing, affordance }: Wanted): Promise<Verdict | undefined> {
    const isManaging = right === 'manage' && affordance === undefined;
    const tags = this.#place.tags[thing] ?? [];
    const managing = { method: 'PUT', path: '/metadata', body: JSON.stringify({ tags }) };
    const request = isManaging ? managing : affordance && httpRequests[right]?.(affordance);
    if (!request) return undefined;
    const { method, path, body }: HttpRequest = request;
    const response = await fetch(`${this.#place.base}/things/${thing}${path}`, {
      method,
      headers: {
        ...this.member.headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
    });
    await response.body?.cancel();
    return verdictOf(response.status);
  }

  async #overStream({ right, thing, affordance }: Wanted): Promise<Verdict | undefined> {
    const kind = streams[right];
    if (kind === undefined) return undefined;
    const rest = affordance === undefined ? '' : `/${affordance}`;
    const abort = new AbortController();
    const response = await fetch(`${this.#place.base}/things/${thing}/${kind}${rest}`, {
      headers: { ...this.member.headers, accept: 'text/event-stream' },
      signal: abort.signal,
    });
    abort.abort();
    return verdictOf(response.status);
  }

  async #overSocket({ right, thing, affordance }: Wanted): Promise<Verdict | undefined> {
    const operation = socketOperations[right];
    if (operation === undefined || affordance === undefined) return undefined;
    if (!(await this.#socket.isOpen)) return 'unknown';
    const about = { thingID: thing, name: affordance };
    const answer = await this.#socket.ask({ ...about, operation, value: valueFor(affordance) });
    const { status = 200 } = (answer.error ?? {}) as { status?: number };
    const undo = { observe: 'unobserveproperty', subscribe: 'unsubscribeevent' } as const;
    if (status === 200 && (right === 'observe' || right === 'subscribe')) {
      await this.#socket.ask({ ...about, operation: undo[right] });
    }
    return verdictOf(status);
  }

  /** One after the other: what is refused ends the connection. */
  #overMqtt({ right, thing, affordance }: Wanted): Promise<Verdict | undefined> {
    const packet = mqttPackets[right](`things/${topicLevel(thing)}`, affordance);
    if (packet === undefined) return Promise.resolve(undefined);
    const verdict = this.#turn.then(() => this.#exchange(packet));
    this.#turn = verdict;
    return verdict;
  }

  async #exchange(packet: MqttPacket): Promise<Verdict> {
    const client = await this.#connected();
    if (client === undefined) return 'unknown';
    if (packet.cmd === 'subscribe') {
      const [granted] = await client.subscribe(packet.topic);
      client.say({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [packet.topic] });
      await client.hear('unsuback');
      client.received.length = 0;
      return granted === 128 ? 'forbidden' : 'allowed';
    }
    client.say({ ...packet, qos: 1, messageId: 3, retain: false, dup: false });
    const isTaken = await client.hear('puback').then(
      () => true,
      () => false,
    );
    if (!isTaken) this.#mqtt = undefined;
    return isTaken ? 'allowed' : 'forbidden';
  }

  /** Connected, or `undefined` when it is not let in. */
  async #connected(): Promise<RawClient | undefined> {
    if (this.#mqtt !== undefined && !this.#mqtt.socket.destroyed) return this.#mqtt;
    const client = await RawClient.open(this.#place.mqttPort);
    const common = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true };
    client.say({ ...common, keepalive: 0, clientId: 'nobody', ...this.member.mqtt });
    const { returnCode } = await client.hear('connack');
    if (returnCode === 0) this.#mqtt = client;
    else client[Symbol.dispose]();
    return this.#mqtt;
  }
}

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** A value that suits every property, as JSON. */
function valueFor(affordance: string): boolean | number {
  return affordance === 'on' ? true : 7;
}

const httpRequests: Readonly<Partial<Record<Right, (name: string) => HttpRequest>>> = {
  read: (name) => ({ method: 'GET', path: `/properties/${name}` }),
  write: (name) => ({
    method: 'PUT',
    path: `/properties/${name}`,
    body: JSON.stringify(valueFor(name)),
  }),
  observe: (name) => ({ method: 'HEAD', path: `/properties/${name}/observe` }),
  invoke: (name) => ({ method: 'POST', path: `/actions/${name}` }),
  subscribe: (name) => ({ method: 'HEAD', path: `/events/${name}/subscribe` }),
};

const streams: Readonly<Partial<Record<Right, string>>> = {
  observe: 'properties',
  subscribe: 'events',
};

const socketOperations: Readonly<Partial<Record<Right, string>>> = {
  read: 'readproperty',
  write: 'writeproperty',
  observe: 'observeproperty',
  invoke: 'invokeaction',
  subscribe: 'subscribeevent',
};

interface MqttPacket {
  readonly cmd: 'subscribe' | 'publish';
  readonly topic: string;
  readonly payload?: string;
}

const mqttPackets: Readonly<
  Record<Right, (thing: string, name?: string) => MqttPacket | undefined>
> = {
  read: (thing, name) =>
    name === undefined ? { cmd: 'subscribe', topic: `${thing}/td` } : undefined,
  write: (thing, name) =>
    name === undefined
      ? { cmd: 'publish', topic: `${thing}/set`, payload: '{"on":true}' }
      : {
          cmd: 'publish',
          topic: `${thing}/properties/${name}/set`,
          payload: JSON.stringify(valueFor(name)),
        },
  observe: (thing, name) => ({
    cmd: 'subscribe',
    topic: name === undefined ? `${thing}/values` : `${thing}/properties/${name}`,
  }),
  invoke: (thing, name) =>
    name === undefined
      ? { cmd: 'subscribe', topic: `${thing}/action` }
      : { cmd: 'publish', topic: `${thing}/actions/${name}`, payload: '' },
  subscribe: (thing, name) => ({
    cmd: 'subscribe',
    topic: name === undefined ? `${thing}/event` : `${thing}/events/${name}`,
  }),
  manage: () => undefined,
};

function verdictOf(status: number): Verdict {
  if (status < 300) return 'allowed';
  if (status === 401) return 'unknown';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'hidden';
  throw new Error(`the door answered ${status}`);
}

/** A socket of the Web Thing Protocol on which many requests wait at once. */
class ProtocolSocket implements Disposable {
  readonly #ws: WebSocket;
  readonly #waiting = new Map<string, (answer: Told) => void>();
  /** Whether the handshake was taken. */
  readonly isOpen: Promise<boolean>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#ws = new WebSocket(url, 'webthingprotocol', { headers });
    this.isOpen = once(this.#ws, 'open').then(
      () => true,
      () => false,
    );
    this.#ws.on('error', () => {});
    this.#ws.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString())));
  }

  ask(members: Told): Promise<Told> {
    const correlationID = crypto.randomUUID();
    const head = { messageID: correlationID, correlationID, messageType: 'request' };
    this.#ws.send(JSON.stringify({ ...head, ...members }));
    return new Promise((resolve) => this.#waiting.set(correlationID, resolve));
  }

  [Symbol.dispose](): void {
    this.#ws.terminate();
  }

  #hear(message: Told): void {
    if (message.messageType !== 'response') return;
    const id = String(message.correlationID);
    this.#waiting.get(id)?.(message);
    this.#waiting.delete(id);
  }
}

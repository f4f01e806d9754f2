import { Readable } from 'node:stream';
import type { RetainedStore } from '@thingtalk/core';
import type { AedesPublishPacket } from 'aedes';

interface Named {
  readonly id: string;
}

interface Numbered {
  readonly messageId?: number | undefined;
}

/**
 * What Aedes asks to be kept. The retained messages are the hub's own; sessions end with their connection, since truth
 * lives in the gateway's store, and whoever needs a session that lasts brings a broker that keeps it.
 */
export class HubPersistence {
  readonly #retained: RetainedStore;
  /** QoS 2 messages that came and are not released yet, by client. */
  readonly #incoming = new Map<string, Map<number, Numbered>>();

  constructor(retained: RetainedStore) {
    this.#retained = retained;
  }

  async setup(): Promise<void> {}

  async storeRetained(): Promise<void> {}

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#keptFor(filters));
  }

  async addSubscriptions(): Promise<void> {}

  async removeSubscriptions(): Promise<void> {}

  async cleanSubscriptions(): Promise<void> {}

  async subscriptionsByClient(): Promise<readonly never[]> {
    return [];
  }

  async subscriptionsByTopic(): Promise<readonly never[]> {
    return [];
  }

  async outgoingEnqueue(): Promise<void> {}

  async outgoingEnqueueCombi(): Promise<void> {}

  async outgoingUpdate(): Promise<void> {}

  async outgoingClearMessageId(): Promise<undefined> {}

  outgoingStream(): Readable {
    return Readable.from([]);
  }

  /** Whether this QoS 2 message came before and is not released yet. */
  holds(clientId: string, messageId: number): boolean {
    return this.#incoming.get(clientId)?.has(messageId) ?? false;
  }

  async incomingStorePacket({ id }: Named, packet: Numbered): Promise<void> {
    const held = this.#incoming.get(id) ?? new Map<number, Numbered>();
    this.#incoming.set(id, held);
    if (packet.messageId !== undefined) held.set(packet.messageId, packet);
  }

  async incomingGetPacket({ id }: Named, { messageId = 0 }: Numbered): Promise<Numbered> {
    const packet = this.#incoming.get(id)?.get(messageId);
    if (packet === undefined) throw new Error(`no message ${messageId} of '${id}' is held`);
    return packet;
  }

  async incomingDelPacket({ id }: Named, { messageId = 0 }: Numbered): Promise<void> {
    this.#incoming.get(id)?.delete(messageId);
  }

  async cleanIncoming({ id }: Named): Promise<void> {
    this.#incoming.delete(id);
  }

  async putWill(): Promise<void> {}

  async getWill(): Promise<undefined> {}

  async delWill(): Promise<undefined> {}

  streamWill(): Readable {
    return Readable.from([]);
  }

  async destroy(): Promise<void> {}

  *#keptFor(filters: readonly string[]): Iterable<Kept> {
    const topics = new Set(filters.flatMap((filter) => this.#retained.topics(filter)));
    for (const topic of topics) yield new Kept(this.#retained, topic);
  }
}

/**
 * A retained message on its way to a new subscriber, read at the last moment: it waits for its turn in queues, and a live
 * message may pass it there, which must not be followed by an older value.
 */
class Kept implements Pick<AedesPublishPacket, 'cmd' | 'topic' | 'payload' | 'qos'> {
  readonly cmd = 'publish';
  readonly qos = 0;
  readonly topic: string;
  readonly #retained: RetainedStore;

  constructor(retained: RetainedStore, topic: string) {
    this.#retained = retained;
    this.topic = topic;
  }

  get payload(): Buffer {
    const bytes = this.#retained.get(this.topic)?.bytes();
    return bytes === undefined ? Buffer.alloc(0) : (bytes as Buffer);
  }
}

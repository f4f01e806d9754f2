import { Readable } from 'node:stream';
import type { Client, Subscription } from 'aedes';
import type { Session } from './session.ts';

/** Where {@link SessionPersistence} finds sessions. */
export interface SessionFinder {
  /** The session of a connected client. */
  of(client: Client): Session | undefined;
  /** The lasting session of this name, if a client has had it before. */
  present(clientId: string): Session | undefined;
}

interface Numbered {
  readonly messageId?: number | undefined;
}

/** Stands for a session that is present but has no filters; Aedes would say that it is not. */
export const sessionMark: Subscription = { topic: '$session', qos: 0 };

/**
 * What Aedes asks to be kept, answered from the sessions. They are kept up to date at the door and send for themselves;
 * so what Aedes would store and replay is not its business here, and only acknowledgements are passed on.
 */
export class SessionPersistence {
  readonly #finder: SessionFinder;

  constructor(finder: SessionFinder) {
    this.#finder = finder;
  }

  async setup(): Promise<void> {}

  async storeRetained(): Promise<void> {}

  createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  async subscriptionsByClient({ id }: { readonly id: string }): Promise<readonly Subscription[]> {
    const session = this.#finder.present(id);
    return session === undefined ? [] : [sessionMark, ...session.filters];
  }

  /** Aedes hands over all filters of a SUBSCRIBE, refused ones too: the door knows better. */
  async addSubscriptions(): Promise<void> {}

  async removeSubscriptions(client: Client, filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.#finder.of(client)?.unsubscribe(filter);
  }

  async cleanSubscriptions(): Promise<void> {}

  async subscriptionsByTopic(): Promise<readonly never[]> {
    return [];
  }

  async outgoingEnqueueCombi(): Promise<void> {}

  /** PUBREC has come. */
  async outgoingUpdate(client: Client, { messageId = 0 }: Numbered): Promise<void> {
    this.#finder.of(client)?.release(messageId);
  }

  /** PUBACK or PUBCOMP has come. */
  async outgoingClearMessageId(client: Client, { messageId = 0 }: Numbered): Promise<undefined> {
    this.#finder.of(client)?.acknowledge(messageId);
  }

  outgoingStream(): Readable {
    return Readable.from([]);
  }

  async incomingStorePacket(client: Client, { messageId = 0 }: Numbered): Promise<void> {
    this.#finder.of(client)?.received.add(messageId);
  }

  async incomingGetPacket(client: Client, packet: Numbered): Promise<Numbered> {
    const { messageId = 0 } = packet;
    if (this.#finder.of(client)?.received.has(messageId) === true) return packet;
    throw new Error(`no message ${messageId} of '${client.id}' is held`);
  }

  async incomingDelPacket(client: Client, { messageId = 0 }: Numbered): Promise<void> {
    this.#finder.of(client)?.received.delete(messageId);
  }

  async putWill(): Promise<void> {}

  async delWill(): Promise<undefined> {}

  streamWill(): Readable {
    return Readable.from([]);
  }
}

/** In the place of Aedes' own emitter: the sessions listen to the hub themselves. */
export const silentEmitter = {
  on(_filter: string, _deliver: unknown, done: () => void = ignore): void {
    done();
  },
  removeListener(_filter: string, _deliver: unknown, done: () => void = ignore): void {
    done();
  },
  emit(_packet: unknown, done: () => void = ignore): void {
    done();
  },
  close(done: () => void): void {
    setImmediate(done);
  },
};

function ignore(): void {}

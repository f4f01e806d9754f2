import type { Client, ConsumedThing, Subscription } from '@thingtalk/client';
import type { JsonValue } from '@thingtalk/core';

/** What is done with each Thing, and who hears when it cannot be. */
export interface Following {
  /** Begins to follow a Thing; what it resolves with is stopped when the Thing is taken away. */
  readonly follow: (thing: ConsumedThing) => Promise<readonly Subscription[]>;
  readonly onError: (error: unknown, id: string) => void;
}

/** Follows every Thing of a gateway: those it knows, and those it comes to know. */
export class EveryThing {
  readonly #client: Client;
  readonly #following: Following;
  readonly #followed = new Map<string, Promise<readonly Subscription[]>>();

  constructor(client: Client, following: Following) {
    this.#client = client;
    this.#following = following;
  }

  /** Resolves when all that are known now are followed. @throws why the gateway cannot be asked. */
  async start(): Promise<void> {
    // First, so that no Thing is paired between the list and the event.
    await this.#heedGateway();
    await this.#followListed();
    // A gateway that started again knows nothing of the events that were missed.
    this.#client.onStatus(({ state }) => {
      if (state === 'connected') {
        this.#followListed().catch((error) => this.#following.onError(error, this.#client.url));
      }
    });
  }

  async #heedGateway(): Promise<void> {
    const { id, events = {} } = await this.#client.describe();
    if (!('thing_paired' in events && 'thing_removed' in events)) return;
    const gateway = await this.#client.consume(id);
    const heed = (event: string, act: (id: string) => Promise<void>) =>
      gateway.subscribeEvent(event, (subject) => void act(idOf(subject)));
    await Promise.all([
      heed('thing_paired', (each) => this.#follow(each)),
      heed('thing_removed', (each) => this.#leave(each)),
    ]);
  }

  async #followListed(): Promise<void> {
    const things = await this.#client.things();
    await Promise.all(things.map(({ id }) => this.#follow(id)));
  }

  /** Never rejects: what is wrong with one Thing does not keep the others from being followed. */
  async #follow(id: string): Promise<void> {
    if (this.#followed.has(id)) return;
    const begun = this.#client.consume(id).then((thing) => this.#following.follow(thing));
    this.#followed.set(id, begun);
    try {
      await begun;
    } catch (error) {
      if (this.#followed.get(id) === begun) this.#followed.delete(id);
      this.#following.onError(error, id);
    }
  }

  async #leave(id: string): Promise<void> {
    const begun = this.#followed.get(id);
    this.#followed.delete(id);
    // One that could not be followed has been told of.
    const subscriptions = (await begun?.catch(() => [])) ?? [];
    for (const subscription of subscriptions) subscription.stop();
  }
}

/** The id in what the gateway says of a Thing: `{id, title}`. */
function idOf(subject: JsonValue | undefined): string {
  return String((subject as { readonly id?: JsonValue } | undefined)?.id);
}

import type { Bus, BusMessage, Subscription } from '../ports/bus.ts';

/** A message as a test likes to compare it. */
export type Received = readonly [topic: string, text: string];

/** Collects what a filter brings, and waits for it without sleeping. */
export class Inbox implements AsyncDisposable {
  readonly messages: BusMessage[] = [];
  #subscription: Subscription | undefined;
  #wake: () => void = () => {};

  private constructor() {}

  /** Subscribes to `filter` on `bus`. */
  static async open(bus: Bus, filter: string): Promise<Inbox> {
    const inbox = new Inbox();
    inbox.#subscription = await bus.subscribe(filter, (message) => {
      inbox.messages.push(message);
      inbox.#wake();
    });
    return inbox;
  }

  /** What came, as topics and texts. */
  get received(): readonly Received[] {
    return this.messages.map(({ topic, payload }) => [topic, payload.text()]);
  }

  /** The texts of what came. */
  get texts(): readonly string[] {
    return this.messages.map(({ payload }) => payload.text());
  }

  /** Resolves with the first `count` messages when so many have come. */
  async take(count: number): Promise<readonly BusMessage[]> {
    await this.until(() => this.messages.length >= count);
    return this.messages.slice(0, count);
  }

  /** Resolves when `isSo` holds after a message. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
  }
}

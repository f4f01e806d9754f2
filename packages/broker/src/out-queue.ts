import type { Duplex } from 'node:stream';

/** A message about to go to one client. */
export interface Leaving {
  readonly topic: string;
  readonly bytes: number;
  /** Whether the broker keeps this very message, so that it can be sent later from there. */
  readonly isKept: boolean;
}

/**
 * Watches how much waits for one client that reads too slowly.
 *
 * Within the limit everything goes out. Beyond it, what is retained is put off: of each topic only the latest is sent
 * once the client has caught up. What is not retained cannot be put off, and the connection ends rather than lose it.
 */
export class OutQueue {
  readonly #stream: Duplex;
  readonly #maxBytes: number;
  readonly #send: (topic: string, isReplay: boolean) => void;
  /** Topics to be sent later, and whether for a new subscription. */
  readonly #behind = new Map<string, boolean>();
  /** Handed over in this tick, and not yet written. */
  #scheduled = 0;
  #conflated = 0;
  #isDraining = false;

  /** @param send sends what is kept for a topic now; `isReplay` when a new subscription asked for it. */
  constructor(stream: Duplex, maxBytes: number, send: (topic: string, isReplay: boolean) => void) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    this.#send = send;
  }

  /** How many messages were left out for later ones. */
  get conflated(): number {
    return this.#conflated;
  }

  /** Whether a message may go out now. If not, it is put off, or the connection is at its end. */
  admits({ topic, bytes, isKept }: Leaving): boolean {
    if (isKept && this.#behind.has(topic)) {
      this.#conflated++;
      return false;
    }
    if (this.#wantsMore || this.#waiting + bytes <= this.#maxBytes) {
      this.#schedule(bytes);
      return true;
    }
    if (isKept) this.#putOff(topic, false);
    else
      this.#stream.destroy(
        new Error(`${this.#waiting} bytes wait for a client that does not read`),
      );
    return false;
  }

  /**
   * Sends what is kept for these topics as the client reads. A live message may come first: it is put off, too, so that no
   * older value follows it.
   */
  owe(topics: readonly string[]): void {
    for (const topic of topics) this.#putOff(topic, true);
  }

  /** A stream that can take more gets the next message, however long. */
  get #wantsMore(): boolean {
    return this.#scheduled === 0 && !this.#stream.writableNeedDrain;
  }

  get #waiting(): number {
    return this.#stream.writableLength + this.#scheduled;
  }

  // The broker writes in an immediate of its own, so what one tick hands over is not in the stream's count before.
  #schedule(bytes: number): void {
    if (this.#scheduled === 0) {
      setImmediate(() => {
        this.#scheduled = 0;
      });
    }
    this.#scheduled += bytes;
  }

  #putOff(topic: string, isReplay: boolean): void {
    this.#behind.set(topic, isReplay);
    this.#catchUpLater();
  }

  #catchUpLater(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    if (this.#stream.writableNeedDrain) this.#stream.once('drain', this.#catchUp);
    else setImmediate(this.#catchUp);
  }

  readonly #catchUp = (): void => {
    this.#isDraining = false;
    for (const [topic, isReplay] of this.#behind) {
      // Past the half the rest waits for the next time, so that there is room for what cannot be put off.
      if (!this.#wantsMore && this.#waiting > this.#maxBytes / 2) break;
      this.#behind.delete(topic);
      this.#send(topic, isReplay);
    }
    if (this.#behind.size > 0) this.#catchUpLater();
  };
}

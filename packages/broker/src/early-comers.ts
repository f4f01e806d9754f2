import type { Duplex } from 'node:stream';

const nothing = () => {};

/**
 * Clients that connect before the broker may serve them, and wait. What they said would be overwritten by what was kept
 * of them, or acknowledged and heard by nobody.
 */
export class EarlyComers {
  readonly #waiting = new Map<Duplex, () => void>();
  #isOpen = false;

  /** @param opens from when on they are served. */
  constructor(opens: Promise<void>) {
    void opens.then(() => this.#open());
  }

  /** Calls `enter` now, or when the broker opens; not if the client has left by then. */
  admit(stream: Duplex, enter: () => void): void {
    if (this.#isOpen) {
      enter();
      return;
    }
    this.#waiting.set(stream, enter);
    stream.once('close', () => this.#waiting.delete(stream));
    // Nobody else listens yet: an error would end the process.
    stream.on('error', nothing);
  }

  /** Sends away who waits. */
  close(): void {
    for (const stream of this.#waiting.keys()) stream.destroy();
  }

  #open(): void {
    this.#isOpen = true;
    for (const enter of this.#waiting.values()) enter();
    this.#waiting.clear();
  }
}

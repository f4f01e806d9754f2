import type { Clock, Timer } from '../ports/clock.ts';
import type { ThingId } from '../td/thing-id.ts';

interface Wait {
  readonly names: Set<string>;
  readonly settle: (confirmed: boolean) => void;
}

/**
 * Waits for bare devices, which answer nothing but say their values: any later word about a property confirms it,
 * whatever the value, since devices round and clamp.
 */
export class Confirmations {
  readonly #clock: Clock;
  readonly #waits = new Map<ThingId, Set<Wait>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves `true` when the Thing has spoken of every name, `false` when the deadline passed first.
   *
   * Call it before the command is sent: a fast device answers within the same tick.
   *
   * @throws the signal's reason when it aborts first.
   */
  async wait(
    id: ThingId,
    names: readonly string[],
    { deadlineMs, signal }: { deadlineMs: number; signal?: AbortSignal | undefined },
  ): Promise<boolean> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const wait: Wait = { names: new Set(names), settle: resolve };
    const abort = () => reject(signal?.reason);
    const timer: Timer = this.#clock.after(deadlineMs, () => resolve(false));
    signal?.addEventListener('abort', abort, { once: true });
    this.#add(id, wait);
    try {
      return await promise;
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      this.#remove(id, wait);
    }
  }

  /** The Thing has spoken of these properties. */
  heard(id: ThingId, names: readonly string[]): void {
    const waits = this.#waits.get(id);
    if (waits === undefined) return;
    for (const wait of waits) {
      for (const name of names) wait.names.delete(name);
      if (wait.names.size === 0) wait.settle(true);
    }
  }

  #add(id: ThingId, wait: Wait): void {
    const waits = this.#waits.get(id);
    if (waits === undefined) this.#waits.set(id, new Set([wait]));
    else waits.add(wait);
  }

  #remove(id: ThingId, wait: Wait): void {
    const waits = this.#waits.get(id);
    waits?.delete(wait);
    if (waits?.size === 0) this.#waits.delete(id);
  }
}

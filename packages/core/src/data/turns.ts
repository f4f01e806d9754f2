/**
 * Lets those who work on the same key do so one after the other, in the order they came. Others may work on it beside one
 * another, as long as nobody has a turn: whoever takes one waits for them.
 */
export class Turns<K> {
  readonly #last = new Map<K, Promise<unknown>>();
  /** How many work on a key beside one another. */
  readonly #joined = new Map<K, number>();
  /** Who has a turn, and waits for those to end. */
  readonly #awaited = new Map<K, () => void>();

  /** Settles when nobody has or awaits a turn on `key` any more; `undefined` when nobody does. */
  under(key: K): Promise<unknown> | undefined {
    return this.#last.size === 0 ? undefined : this.#last.get(key);
  }

  /** Does `work` when all that came before for `key` have ended, well or not. */
  async take<T>(key: K, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(() => this.#alone(key, work));
    const ended = turn.catch(() => {});
    this.#last.set(key, ended);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }

  /** Begins work beside that of others, which must be done by {@link leave}; to be called when {@link under} knows nobody. */
  join(key: K): void {
    this.#joined.set(key, (this.#joined.get(key) ?? 0) + 1);
  }

  /** Ends what {@link join} began. */
  leave(key: K): void {
    const left = (this.#joined.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#joined.set(key, left);
      return;
    }
    this.#joined.delete(key);
    if (this.#awaited.size > 0) this.#awaited.get(key)?.();
  }

  async #alone<T>(key: K, work: () => Promise<T>): Promise<T> {
    if (this.#joined.has(key)) {
      await new Promise<void>((resolve) => this.#awaited.set(key, resolve));
      this.#awaited.delete(key);
    }
    return work();
  }
}

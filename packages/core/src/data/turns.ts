/** Lets those who work on the same key do so one after the other, in the order they came. */
export class Turns<K> {
  readonly #last = new Map<K, Promise<unknown>>();

  /** Settles when nobody works on `key` any more; `undefined` when nobody does. */
  under(key: K): Promise<unknown> | undefined {
    return this.#last.size === 0 ? undefined : this.#last.get(key);
  }

  /** Does `work` when all that came before for `key` have ended, well or not. */
  async take<T>(key: K, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work);
    const ended = turn.catch(() => {});
    this.#last.set(key, ended);
    try {
      return await turn;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}

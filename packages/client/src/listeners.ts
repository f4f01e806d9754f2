/** Those who want to hear of something. One that throws does not keep the others from hearing. */
export class Listeners<T> {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>();

  /** Adds a listener; returns how to take it away. The same function may be added twice. */
  add(call: (value: T) => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Tells all. What a listener throws is reported as the platform reports uncaught errors. */
  tell(value: T): void {
    for (const { call } of this.#listeners) {
      try {
        call(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

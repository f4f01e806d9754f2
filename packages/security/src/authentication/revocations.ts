import type { Problem } from '@thingtalk/core';

type Listener = (why: Problem) => void;

/**
 * Who wants to know when a principal or a credential is no longer good: every open connection, stream and session hangs on it.
 */
export class Revocations {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Calls `listener` when what has this id is revoked. Returns how to stop. */
  watch(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set<Listener>();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  /** Tells all who depend on a principal or credential that it is no longer good. */
  revoke(id: string, why: Problem): void {
    const listeners = this.#listeners.get(id);
    this.#listeners.delete(id);
    for (const listener of listeners ?? []) listener(why);
  }
}

import type { BusStatus } from '../ports/bus.ts';

/** A bus's status, and who wants to know when it changes. */
export class StatusSignal {
  #value: BusStatus;
  // Made when somebody asks: ten thousand sessions have a status that nobody watches.
  #listeners: Set<(status: BusStatus) => void> | undefined;

  constructor(value: BusStatus) {
    this.#value = value;
  }

  get value(): BusStatus {
    return this.#value;
  }

  /** Takes a new value and tells everybody. */
  set(value: BusStatus): void {
    this.#value = value;
    for (const listener of this.#listeners ?? []) listener(value);
  }

  /** Calls `listener` at each change; returns how to stop. */
  listen(listener: (status: BusStatus) => void): () => void {
    this.#listeners ??= new Set();
    const listeners = this.#listeners;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }
}

import type { BusStatus } from '../ports/bus.ts';

type Listener = (status: BusStatus) => void;

const nobody: readonly Listener[] = [];

/** A bus's status, and who wants to know when it changes. */
export class StatusSignal {
  #value: BusStatus;
  /** An array that never changes: of ten thousand sessions each has one listener, and a Set would take 150 bytes for it. */
  #listeners: readonly Listener[] = nobody;

  constructor(value: BusStatus) {
    this.#value = value;
  }

  get value(): BusStatus {
    return this.#value;
  }

  /** Takes a new value and tells everybody. */
  set(value: BusStatus): void {
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
  }

  /** Calls `listener` at each change; returns how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners = this.#listeners.concat(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }
}

import type { JsonObject, JsonValue } from '@thingtalk/core';

/**
 * The last values of one Thing's observed properties.
 *
 * Values come as notifications, and as snapshots that were asked for. A snapshot is older than any notification that
 * came after it was asked for, so it never overwrites one.
 */
export class LiveValues {
  /** The values by name. The object stays the same; its members move. */
  readonly values: { [name: string]: JsonValue } = Object.create(null);
  readonly #tell: (name: string, value: JsonValue) => void;
  readonly #snapshots = new Set<Set<string>>();

  /** @param tell is called with every value that is new. */
  constructor(tell: (name: string, value: JsonValue) => void) {
    this.#tell = tell;
  }

  /** A notification came. */
  notify(name: string, value: JsonValue): void {
    for (const heard of this.#snapshots) heard.add(name);
    this.#set(name, value);
  }

  /** Takes the values `ask` resolves with, but for those a notification has overtaken. */
  async snapshot(ask: () => Promise<JsonObject>): Promise<void> {
    const heard = new Set<string>();
    this.#snapshots.add(heard);
    try {
      for (const [name, value] of Object.entries(await ask())) {
        if (!heard.has(name)) this.#set(name, value);
      }
    } finally {
      this.#snapshots.delete(heard);
    }
  }

  /** Forgets values nobody keeps up to date any more: all, or that of one property. */
  forget(name?: string): void {
    for (const each of name === undefined ? Object.keys(this.values) : [name]) {
      delete this.values[each];
    }
  }

  #set(name: string, value: JsonValue): void {
    const known = this.values[name];
    if (known !== undefined && isSame(known, value)) return;
    this.values[name] = value;
    this.#tell(name, value);
  }
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b);
}

import { compareCodePoints } from '../data/code-points.ts';
import { idOfLevel, type ThingId } from '../td/thing-id.ts';
import type { Twin } from './twin.ts';

/** The twins by id, by topic level, and in order. */
export class TwinRegistry {
  readonly #twins = new Map<string, Twin>();
  readonly #byLevel = new Map<string, Twin>();
  #sorted: readonly Twin[] | undefined;

  get size(): number {
    return this.#twins.size;
  }

  get(id: ThingId): Twin | undefined {
    return this.#twins.get(id);
  }

  /** Finds the twin that speaks from a topic level. */
  at(level: string): Twin | undefined {
    return this.#byLevel.get(level);
  }

  /** Finds a twin by its id or, for a bare device, by its topic level. */
  find(id: string): Twin | undefined {
    const twin = this.#twins.get(id);
    if (twin !== undefined || id.includes(':')) return twin;
    const bare = idOfLevel(id);
    return bare && this.#twins.get(bare);
  }

  add(twin: Twin): void {
    this.#twins.set(twin.id, twin);
    this.#byLevel.set(twin.level, twin);
    this.#sorted = undefined;
  }

  delete(twin: Twin): void {
    this.#twins.delete(twin.id);
    this.#byLevel.delete(twin.level);
    this.#sorted = undefined;
  }

  [Symbol.iterator](): Iterator<Twin> {
    return this.#twins.values();
  }

  /** All twins, sorted by id in code point order. */
  sorted(): readonly Twin[] {
    this.#sorted ??= [...this.#twins.values()].sort((a, b) => compareCodePoints(a.id, b.id));
    return this.#sorted;
  }
}

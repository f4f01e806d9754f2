import type { ThingDirectory, ThingId } from '@thingtalk/core';
import { directoryFacts, type ThingFact, type ThingFacts } from '@thingtalk/security';

/**
 * What the policy knows of Things. The broker asks the policy from its first client on, and only what comes over the broker fills
 * the directory: until there is one, a Thing is known by its id alone, and what is granted on tags and types is not allowed yet.
 */
export class LateDirectory implements ThingFacts {
  readonly #listeners = new Set<(thing: ThingId) => void>();
  #directory: ThingDirectory | undefined;
  #facts: ThingFacts | undefined;

  /** Knows from now on what `directory` holds. */
  use(directory: ThingDirectory): void {
    this.#directory = directory;
    this.#facts = directoryFacts(directory);
    const tell = (thing: ThingId) => {
      for (const listener of this.#listeners) listener(thing);
    };
    this.#facts.watch(tell);
    for (const { id } of directory.list()) tell(id);
  }

  of(thing: ThingId): ThingFact | undefined {
    return this.#facts?.of(thing);
  }

  watch(listener: (thing: ThingId) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Whether there is a Thing of this id. */
  has(thing: ThingId): boolean {
    return this.#directory?.find(thing) !== undefined;
  }

  /** What a Thing is called; `undefined` when there is none. */
  titleOf(thing: ThingId): string | undefined {
    const entry = this.#directory?.find(thing);
    if (entry === undefined) return undefined;
    const { title } = JSON.parse(entry.kind === 'bus' ? entry.head : entry.json) as {
      readonly title?: unknown;
    };
    return typeof title === 'string' ? title : undefined;
  }
}

import type { DirectoryEntry, ThingDirectory, ThingId } from '@thingtalk/core';
import type { ThingFact, ThingFacts } from './known-things.ts';

/** What a directory knows of Things: the tags that users gave them, and the `@type`s they say they are of. */
export function directoryFacts(directory: ThingDirectory): ThingFacts {
  return {
    of(thing: ThingId) {
      const entry = directory.find(thing);
      return entry && factOf(entry);
    },
    watch: (listener) => directory.watch(({ id }) => listener(id)),
  };
}

function factOf(entry: DirectoryEntry): ThingFact {
  const text = entry.kind === 'bus' ? entry.head : entry.json;
  return { tags: entry.metadata?.value.tags ?? [], types: typesIn(text) };
}

function typesIn(td: string): readonly string[] {
  // Most Things are of no type, and what is not there need not be parsed.
  if (!td.includes('"@type"')) return [];
  const { '@type': types = [] } = JSON.parse(td) as { '@type'?: string | readonly string[] };
  return typeof types === 'string' ? [types] : types;
}

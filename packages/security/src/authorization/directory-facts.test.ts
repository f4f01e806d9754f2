import {
  type DirectoryChange,
  type DirectoryEntry,
  type ThingDirectory,
  ThingId,
} from '@thingtalk/core';
import { expect, it } from 'vitest';
import { directoryFacts } from './directory-facts.ts';

const id = ThingId('urn:dev:lamp');
const history = { id, created: 0, modified: 0, version: 1 };

function registered(td: object, tags?: readonly string[]): DirectoryEntry {
  const metadata = tags && { metadata: { value: { tags }, version: 1 } };
  return { ...history, kind: 'registered', json: JSON.stringify(td), ...metadata };
}

function directoryOf(
  entry: DirectoryEntry,
): ThingDirectory & { say(change: DirectoryChange): void } {
  const listeners = new Set<(change: DirectoryChange) => void>();
  return {
    find: (wanted) => (wanted === id ? entry : undefined),
    list: () => [entry],
    revision: 1,
    membership: 1,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    say(change) {
      for (const listener of listeners) listener(change);
    },
  };
}

it.each([
  [registered({ title: 'Lamp' }), { tags: [], types: [] }],
  [registered({ '@type': 'Light' }, ['kitchen']), { tags: ['kitchen'], types: ['Light'] }],
  [registered({ '@type': ['Light', 'saref:Lamp'] }), { tags: [], types: ['Light', 'saref:Lamp'] }],
  [registered({ title: 'about "@type"' }), { tags: [], types: [] }],
])('%# tags are those of users, types those of the Thing itself', (entry, fact) => {
  expect(directoryFacts(directoryOf(entry)).of(id)).toEqual(fact);
});

it('of a Thing that is not there nothing is known, and its coming is told', () => {
  const directory = directoryOf(registered({}));
  const facts = directoryFacts(directory);
  expect(facts.of(ThingId('urn:dev:other'))).toBeUndefined();
  const told: string[] = [];
  const stop = facts.watch((thing) => told.push(thing));
  directory.say({ kind: 'thing_created', id, before: undefined, after: registered({}) });
  stop();
  directory.say({ kind: 'thing_deleted', id, before: registered({}), after: undefined });
  expect(told).toEqual([id]);
});

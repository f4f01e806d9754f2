import { ThingId } from '@thingtalk/core';
import { expect, it } from 'vitest';
import { KnownThings } from './known-things.ts';
import { Table } from './table.ts';
import { TestFacts } from './testing-policy.ts';

const thing = (at: number) => ThingId(`urn:dev:${at}`);
const rule = { key: 'g', on: { tag: 'a' }, rights: 1, denies: false };

it('what was decided of a Thing that went is not said of one that came', () => {
  const facts = new TestFacts();
  let changes = 0;
  using things = new KnownThings(facts, () => changes++);
  const table = new Table(things, [rule, { ...rule, key: 'h', on: { thing: thing(7) } }]);
  for (let at = 0; at < 5_000; at++) {
    // Only every third Thing stays, so that places are taken back again and again.
    facts.set(thing(at), { tags: [at % 2 === 0 ? 'a' : 'b'] });
    const expected = at % 2 === 0 || at === 7;
    expect(table.of(thing(at)).sees, `${at}`).toBe(expected);
    if (at % 3 !== 0) facts.set(thing(at), undefined);
    expect(table.of(thing(at)).sees, `${at}`).toBe((at % 3 === 0 && expected) || at === 7);
  }
  expect(things.places).toBeLessThan(5_000);
  for (let at = 0; at < 5_000; at++)
    expect(table.of(thing(at)).sees).toBe((at % 6 === 0 && at % 2 === 0) || at === 7);
  expect(changes).toBeGreaterThan(5_000);
});

import { ThingId } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rights } from './grant.ts';
import { KnownThings } from './known-things.ts';
import { bitOf, rightsOf } from './rule.ts';
import { Table } from './table.ts';
import { TestFacts } from './testing-policy.ts';

const thing = (at: number) => ThingId(`urn:dev:${at}`);
const rule = { key: 'g', on: { tag: 'a' }, rights: bitOf('read'), denies: false };

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

it('a table that was asked before answers as a new one does, however Things come, change and go', () => {
  const on = { thing: thing(1), affordance: 'on' };
  const rules = [
    { ...rule, rights: rightsOf(['read', 'write']) },
    { ...rule, key: 'b', on: { tag: 'b' }, denies: true },
    { ...rule, key: 'c', on: { thing: thing(0) }, denies: true },
    { ...rule, key: 'd', on, rights: bitOf('observe') },
  ];
  const tags = fc.option(fc.subarray(['a', 'b', 'c']), { nil: undefined });
  const change = fc.record({ at: fc.nat(3), tags });
  const changes = fc.array(change, { minLength: 2_000, maxLength: 2_500 });
  const property = fc.property(changes, (all) => {
    const facts = new TestFacts();
    using things = new KnownThings(facts, () => {});
    const table = new Table(things, rules);
    for (const { at, tags } of all) {
      facts.set(thing(at), tags && { tags });
      using fresh = new KnownThings(facts, () => {});
      const expected = new Table(fresh, rules);
      for (const each of [0, 1, 2, 3].map(thing)) {
        expect(table.of(each)).toEqual(expected.of(each));
        expect(table.rightsOn(each, 'on')).toBe(expected.rightsOn(each, 'on'));
      }
    }
    expect(things.numbering).toBeGreaterThan(0);
  });
  void fc.assert(property, { numRuns: 5 });
});

it('who is told of changes misses none because numbers were taken back', () => {
  const facts = new TestFacts();
  let told = 0;
  using things = new KnownThings(facts, () => told++);
  for (const at of [0, 1, 2]) facts.set(thing(at), { tags: ['a'] });
  for (const end of [undefined, {}, { tags: ['b'] }]) {
    for (const at of [0, 1, 2]) things.placeOf(thing(at));
    things.renumber();
    for (const at of [0, 1, 2]) {
      const before = told;
      facts.set(thing(at), end);
      expect(told, `${at}`).toBe(before + 1);
      facts.set(thing(at), { tags: ['a'] });
    }
  }
});

it('a table keeps apart more Things and classes than it has room for at first', () => {
  const facts = new TestFacts();
  using things = new KnownThings(facts, () => {});
  const write = bitOf('write');
  const named = Array.from({ length: 300 }, (_, n) => n * 16);
  const table = new Table(things, [
    { ...rule, on: { tag: 'even' } },
    ...named.map((at) => ({ ...rule, key: `${at}`, on: { thing: thing(at) }, rights: write })),
  ]);
  for (let at = 0; at < 5_000; at++) {
    facts.set(thing(at), { tags: [`tag-${at}`, at % 2 === 0 ? 'even' : 'odd'] });
    table.of(thing(at));
  }
  for (let at = 0; at < 5_000; at++) {
    const expected = (at % 2 === 0 ? rule.rights : 0) | (at % 16 === 0 && at < 4_800 ? write : 0);
    expect(table.rightsOn(thing(at), undefined), `${at}`).toBe(expected);
  }
});

it('each right has a bit of its own, beside what a table marks', () => {
  expect(new Set(rights.map(bitOf)).size).toBe(rights.length);
  for (const right of rights) expect(bitOf(right)).toBeLessThan(2 ** 30);
});

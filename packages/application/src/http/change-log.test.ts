import { ThingId } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChangeLog, isChangeId, type Scope } from './change-log.ts';

const thing = ThingId('urn:dev:lamp');
const scope = (name: string): Scope & { name: string } => ({ thing, kind: 'property', name });
const all: Scope = { thing, kind: 'property', name: undefined };

it('ids are timestamps and strictly increase, though the clock stands still or goes back', () => {
  void fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 50 }), (steps) => {
      let now = Date.UTC(2026, 0, 1);
      const log = new ChangeLog(now);
      let last = log.lastId;
      for (const step of steps) {
        now += step;
        const { id } = log.add(scope('on'), 'true', now);
        expect(isChangeId(id)).toBe(true);
        expect(id > last).toBe(true);
        last = id;
      }
    }),
  );
});

it('whoever names an id gets exactly what came after it, or is told that some is forgotten', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.constantFrom('on', 'level'), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 1, max: 20 }),
      (names, pick, capacity) => {
        const log = new ChangeLog(0, { changes: capacity, characters: 1_000 });
        const added = names.map((name, at) => log.add(scope(name), String(at), at));
        const from = pick % added.length;
        const { changes, complete } = log.after(added[from]?.id ?? '', all);
        const missed = added.slice(from + 1);
        expect(changes).toEqual(missed.slice(-capacity));
        expect(complete).toBe(missed.length <= capacity);
      },
    ),
  );
});

it('large changes are forgotten sooner', () => {
  const log = new ChangeLog(0, { changes: 100, characters: 10 });
  const first = log.add(scope('on'), '12345678', 1);
  log.add(scope('on'), '12345678', 2);
  expect(log.after(first.id, all)).toMatchObject({
    complete: true,
    changes: [{ json: '12345678' }],
  });
  log.add(scope('on'), '12345678', 3);
  expect(log.after(first.id, all).complete).toBe(false);
});

it('a name with a line break cannot add fields to an event', () => {
  const log = new ChangeLog(0);
  const { frame } = log.add(scope('a\ndata: 1\r'), 'true', 1);
  expect(frame.split('\n').filter((line) => line.startsWith('data'))).toEqual(['data: true']);
});

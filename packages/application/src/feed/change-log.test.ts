import { ThingId } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChangeInit, Scope } from './change.ts';
import { ChangeLog } from './change-log.ts';
import { placeTime, placeUuid, readPlace } from './change-place.ts';

const thing = ThingId('urn:dev:lamp');
const on = (json: string, name = 'on'): ChangeInit => ({
  thing,
  kind: 'property',
  name,
  json,
  time: 0,
});
const all: Scope = { thing, kind: 'property', name: undefined };

it('places strictly increase in both spellings, though the clock stands still or goes back', () => {
  void fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 50 }), (steps) => {
      let now = Date.UTC(2026, 0, 1);
      const log = new ChangeLog(now);
      let last = log.last;
      for (const step of steps) {
        now += step;
        const { place } = log.add(on('true'), now);
        expect(place).toBeGreaterThan(last);
        expect(placeTime(place) > placeTime(last)).toBe(true);
        expect(log.uuid(place) > log.uuid(last)).toBe(true);
        last = place;
      }
    }),
  );
});

it('a place is read back from either spelling, and the UUID is of version 4 (RFC 9562, 5.4)', () => {
  const tail = crypto.randomUUID().slice(18);
  const latest = Date.UTC(2250, 0, 1) * 1_000;
  void fc.assert(
    fc.property(fc.integer({ min: 0, max: latest }), (place) => {
      expect(readPlace(placeTime(place))).toBe(place);
      const uuid = placeUuid(place, tail);
      expect(readPlace(uuid)).toBe(place);
      expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    }),
  );
});

it('what is no place is read as none', () => {
  for (const text of ['', '1', '2026-13-01T00:00:00.000000Z', '2026-01-01T00:00:00.000Z']) {
    expect(readPlace(text)).toBeUndefined();
  }
  void fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const place = readPlace(text);
      expect(place === undefined || Number.isSafeInteger(place)).toBe(true);
    }),
  );
});

it('whoever names a place gets exactly what came after it, or is told that some is forgotten', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.constantFrom('on', 'level'), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 1, max: 20 }),
      (names, pick, capacity) => {
        const log = new ChangeLog(0, { changes: capacity, characters: 1_000 });
        const added = names.map((name, at) => log.add(on(String(at), name), at));
        const named = pick % added.length;
        const place = added[named]?.place ?? 0;
        const replay = log.after(place, all);
        const missed = added.slice(named + 1);
        expect(replay.changes).toEqual(missed.slice(-capacity));
        expect(replay.from === place).toBe(missed.length <= capacity);
        expect(log.after(replay.from, all)).toEqual(replay);
      },
    ),
  );
});

it('large changes are forgotten sooner', () => {
  const log = new ChangeLog(0, { changes: 100, characters: 10 });
  const first = log.add(on('12345678'), 1);
  log.add(on('12345678'), 2);
  expect(log.after(first.place, all)).toMatchObject({
    from: first.place,
    changes: [{ json: '12345678' }],
  });
  log.add(on('12345678'), 3);
  expect(log.after(first.place, all).from).toBeGreaterThan(first.place);
});

it('a place that was never given is followed by nothing, from now on', () => {
  const log = new ChangeLog(0);
  const { place } = log.add(on('true'), 1);
  expect(log.after(place + 1, all)).toEqual({ changes: [], from: place });
});

it('a name with a line break cannot add fields to an event', () => {
  const log = new ChangeLog(0);
  const { frame } = log.add(on('true', 'a\ndata: 1\r'), 1);
  expect(frame.split('\n').filter((line) => line.startsWith('data'))).toEqual(['data: true']);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GrantConditions, Weekday } from './grant.ts';
import { Schedule } from './schedule.ts';

const minute = 60_000;

/** The moments at which a schedule opens or closes in a stretch of time, found by following it. */
function turnsOf(conditions: GrantConditions, start: string, end: string): string[] {
  const schedule = new Schedule(conditions);
  const turns: string[] = [];
  let isOpen = schedule.isOpen(Date.parse(start));
  for (let at = schedule.next(Date.parse(start)); at < Date.parse(end); at = schedule.next(at)) {
    if (schedule.isOpen(at) === isOpen) continue;
    isOpen = !isOpen;
    turns.push(`${new Date(at).toISOString().slice(0, 16)} ${isOpen ? 'opens' : 'closes'}`);
  }
  return turns;
}

const vienna = 'Europe/Vienna';

describe('a schedule', () => {
  it('opens at `from` and closes at `until`, to the millisecond', () => {
    const conditions = { from: '2026-01-01T10:00:00.000Z', until: '2026-01-01T11:00:00.000Z' };
    const schedule = new Schedule(conditions);
    const at = (text: string) => schedule.isOpen(Date.parse(text));
    expect(at('2026-01-01T09:59:59.999Z')).toBe(false);
    expect(at('2026-01-01T10:00:00.000Z')).toBe(true);
    expect(at('2026-01-01T10:59:59.999Z')).toBe(true);
    expect(at('2026-01-01T11:00:00.000Z')).toBe(false);
    expect(turnsOf(conditions, '2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
      '2026-01-01T10:00 opens',
      '2026-01-01T11:00 closes',
    ]);
    expect(schedule.next(Date.parse('2026-01-01T11:00:00Z'))).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps the hours of its zone over the nights when clocks change', () => {
    const conditions = { hours: { from: '07:00', to: '22:00' }, zone: vienna };
    // Forward on 29 March, back on 25 October 2026.
    expect(turnsOf(conditions, '2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z')).toEqual([
      '2026-03-28T06:00 opens',
      '2026-03-28T21:00 closes',
      '2026-03-29T05:00 opens',
      '2026-03-29T20:00 closes',
    ]);
    expect(turnsOf(conditions, '2026-10-24T00:00:00Z', '2026-10-26T00:00:00Z')).toEqual([
      '2026-10-24T05:00 opens',
      '2026-10-24T20:00 closes',
      '2026-10-25T06:00 opens',
      '2026-10-25T21:00 closes',
    ]);
  });

  it('goes by what the clock shows in an hour that is skipped, or comes twice', () => {
    const night = { hours: { from: '02:15', to: '02:45' }, zone: vienna };
    expect(turnsOf(night, '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')).toEqual([]);
    expect(turnsOf(night, '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z')).toEqual([
      '2026-10-25T00:15 opens',
      '2026-10-25T00:45 closes',
      '2026-10-25T01:15 opens',
      '2026-10-25T01:45 closes',
    ]);
  });

  it('goes on past midnight on the day on which it began', () => {
    const friday = { days: ['fri'] as const, hours: { from: '22:00', to: '06:00' }, zone: vienna };
    expect(turnsOf(friday, '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z')).toEqual([
      '2026-11-27T21:00 opens',
      '2026-11-28T05:00 closes',
    ]);
  });

  it('knows the days of its zone', () => {
    const sunday = { days: ['sun'] as const, zone: 'Pacific/Auckland' };
    expect(turnsOf(sunday, '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z')).toEqual([
      '2026-11-28T11:00 opens',
      '2026-11-29T11:00 closes',
    ]);
  });

  it('changes at no moment that it does not name before', () => {
    const days = fc.subarray<Weekday>(['mon', 'tue', 'sat', 'sun'], { minLength: 1 });
    const time = fc.constantFrom(
      '00:00',
      '01:30',
      '02:00',
      '02:30',
      '03:00',
      '12:15',
      '23:59',
      '24:00',
    );
    const hours = fc.record({ from: time, to: time }).filter(({ from, to }) => from !== to);
    const zone = fc.constantFrom(
      vienna,
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
    );
    const conditions = fc
      .record({ days, hours }, { requiredKeys: [] })
      .chain((some) => zone.map((named) => ({ ...some, zone: named })));
    const begin = fc
      .tuple(
        fc.constantFrom('2026-03-28', '2026-10-24', '2026-03-07', '2026-04-04', '2026-02-14'),
        fc.integer({ min: 0, max: 2_880 }),
      )
      .map(([day, minutes]) => Date.parse(day) + minutes * minute);
    void fc.assert(
      fc.property(conditions, begin, (when, start) => {
        const schedule = new Schedule(when);
        const next = schedule.next(start);
        expect(next).toBeGreaterThan(start);
        const isOpen = schedule.isOpen(start);
        const last = Math.min(next, start + 1_500 * minute);
        for (let at = start; at < last; at += 5 * minute) expect(schedule.isOpen(at)).toBe(isOpen);
        expect(schedule.isOpen(last - 1)).toBe(isOpen);
      }),
      { numRuns: 60 },
    );
  });
});

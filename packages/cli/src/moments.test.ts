import fc from 'fast-check';
import { expect, test } from 'vitest';
import { momentOf } from './moments.ts';

/** A Wednesday, by the clock of this machine. */
const now = new Date(2026, 10, 25, 12);
const at = (...parts: [number, number, number]) => new Date(...parts).toISOString();

test('a day is over at its end, by the clock of this machine', () => {
  expect(momentOf('sunday', now)).toBe(at(2026, 10, 30));
  expect(momentOf('Sun', now)).toBe(at(2026, 10, 30));
  expect(momentOf('wednesday', now)).toBe(at(2026, 10, 26));
  expect(momentOf('tue', now)).toBe(at(2026, 11, 2));
  expect(momentOf('2026-11-30', now)).toBe(at(2026, 11, 1));
});

test('a time is that time, and a duration is from now', () => {
  expect(momentOf('2026-11-30T18:00:00+01:00', now)).toBe('2026-11-30T17:00:00.000Z');
  expect(Date.parse(momentOf('90m', now)) - now.getTime()).toBe(5_400_000);
  expect(Date.parse(momentOf('7d', now)) - now.getTime()).toBe(604_800_000);
});

test('what is no time is refused in one line, whatever it is', async () => {
  for (const text of ['', 'someday', '2026-13-40', '2026-11-30T', '7', '-1d'])
    expect(() => momentOf(text, now)).toThrow(/^'.*' is no time/);
  await fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(momentOf(text, now)).toMatch(/^[+-]?\d{4,6}-\d\d-\d\dT/);
      } catch (error) {
        expect((error as Error).message).toContain('is no time');
      }
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { uuid } from './uuid.ts';

test('a wait before reconnecting is at least half its longest, doubles, and stays below the maximum', async () => {
  await fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (n, r) => {
        const wait = backoffMs(n, { firstMs: 100, maximumMs: 10_000, random: () => r });
        const longest = Math.min(10_000, 100 * 2 ** Math.min(n - 1, 30));
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
      },
    ),
  );
});

test('ids are UUIDs of version 4, each its own (RFC 9562, 5.4)', () => {
  const ids = Array.from({ length: 1_000 }, uuid);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) {
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
});

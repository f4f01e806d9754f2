import { expect, vi } from 'vitest';

/** A client that comes back at once. */
export const fast = { backoff: { firstMs: 1, maximumMs: 5 } };

/** Something to call, and to wait until it has been called with a value. */
export function ear<T>() {
  const heard: T[] = [];
  const hear = vi.fn((value: T) => void heard.push(value));
  const until = (value: T) => vi.waitFor(() => expect(heard.at(-1)).toEqual(value));
  return { heard, hear, until };
}

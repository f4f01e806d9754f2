import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('however they come, who has a turn is alone, and turns come in their order', async () => {
  const kinds = fc.array(fc.constantFrom('turn', 'beside'), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), kinds, async (scheduler, all) => {
      const turns = new Turns<string>();
      const present = new Set<number>();
      const order: number[] = [];
      const work = async (n: number, isAlone: boolean) => {
        order.push(n);
        present.add(n);
        await scheduler.schedule(Promise.resolve());
        if (isAlone) expect([...present]).toEqual([n]);
        present.delete(n);
      };
      const beside = async (n: number) => {
        turns.join('key');
        try {
          await work(n, false);
        } finally {
          turns.leave('key');
        }
      };
      const ended = all.map((kind, n) => {
        if (kind === 'turn') return turns.take('key', () => work(n, true));
        return turns.under('key')?.then(() => beside(n)) ?? beside(n);
      });
      await scheduler.waitFor(Promise.all(ended));
      expect(order).toEqual([...all.keys()]);
      expect(turns.under('key')).toBeUndefined();
    }),
  );
});

test('what failed is over, for whoever comes next', async () => {
  const turns = new Turns<string>();
  const failed = turns.take('key', () => Promise.reject(new Error('no')));
  const next = turns.take('key', async () => 'done');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('done');
});

test('keys know nothing of each other', async () => {
  const turns = new Turns<string>();
  turns.join('a');
  expect(await turns.take('b', async () => 'done')).toBe('done');
  expect(turns.under('b')).toBeUndefined();
  turns.leave('a');
});

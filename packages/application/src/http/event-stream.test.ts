import { expect, it, vi } from 'vitest';
import { EventStream } from './event-stream.ts';

const read = async (stream: EventStream) => (await stream.next()).value as string | undefined;

it('what is pushed in one tick goes out as one piece', async () => {
  const stream = new EventStream('first;', () => {});
  expect(await read(stream)).toBe('first;');
  const next = read(stream);
  stream.push('a');
  stream.push('b');
  expect(await next).toBe('ab');
});

it('a stream that ends still gives what waits, and tells its owner once', async () => {
  const ended = vi.fn();
  const stream = new EventStream('', ended);
  stream.push('last');
  stream.end();
  stream.end();
  stream.push('too late');
  expect(await read(stream)).toBe('last');
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(ended).toHaveBeenCalledTimes(1);
});

it('a reader that falls more than 1 MiB behind is cut off, and nothing is kept for it', async () => {
  const ended = vi.fn();
  const stream = new EventStream('', ended);
  stream.push('x'.repeat(1024 * 1024));
  expect(ended).not.toHaveBeenCalled();
  stream.push('x');
  expect(ended).toHaveBeenCalledTimes(1);
  await expect(stream.next()).rejects.toMatchObject({ name: 'overloaded' });
});

it('a reader that goes away ends a wait', async () => {
  const stream = new EventStream('', () => {});
  const next = stream.next();
  await stream.return();
  expect(await next).toEqual({ done: true, value: undefined });
});

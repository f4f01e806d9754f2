import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Payload, ThingId } from '@thingtalk/core';
import { thingMemoryConformance } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../testing/scratch.ts';
import { openThingMemory } from './open-thing-memory.ts';

thingMemoryConformance('the memory on disk', async () => {
  const scratch = await scratchDirectory();
  return {
    open: () => openThingMemory({ directory: scratch.path, maxBytes: 2_500 }),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
});

const lamp = ThingId('urn:dev:lamp');
const press = (s: number) => ({
  part: 'event' as const,
  stamp: { e: 1, s },
  payload: Payload.of({ pressed: {}, $: { e: 1, s, t: 0 } }),
});

test('who opens a memory that another has open is told so in one line', async () => {
  await using scratch = await scratchDirectory();
  await using _first = await openThingMemory({ directory: scratch.path });
  await expect(openThingMemory({ directory: scratch.path })).rejects.toMatchObject({
    name: 'conflict',
    detail: `another process keeps its things in ${scratch.path}`,
  });
});

test('a damaged file is kept aside and said to be, and a new one begun', async () => {
  await using scratch = await scratchDirectory();
  await writeFile(join(scratch.path, 'things.db'), 'no database at all'.repeat(1_000));
  const errors: unknown[] = [];
  const silent = () => {};
  const logger = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (it: unknown) => errors.push(it),
  };
  await using memory = await openThingMemory({ directory: scratch.path, logger });
  expect(errors).toMatchObject([{ kept: expect.stringContaining('damaged') }]);
  (await memory.open(lamp)).add(press(1));
});

test('what was added is on the disk once it is said to be kept, with one sync for many', async () => {
  await using scratch = await scratchDirectory();
  await using memory = await openThingMemory({ directory: scratch.path });
  const outbox = await memory.open(lamp);
  const kept: (Promise<void> | undefined)[] = [];
  for (let s = 1; s <= 100; s++) {
    outbox.add(press(s));
    kept.push(outbox.kept());
  }
  expect(new Set(kept).size).toBe(2);
  await Promise.all(kept);
  expect(outbox.kept()).toBeUndefined();
});

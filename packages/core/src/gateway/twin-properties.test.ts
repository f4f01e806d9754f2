import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import { Problem } from '../problem/problem.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { openThings } from './open-things.ts';

const id = 'urn:dev:lamp';

/** A lamp whose device takes its time: each write ends when the test says so. */
async function openWorld() {
  const bus = new MemoryBus();
  const clock = new FakeClock();
  const taken: {
    readonly level: number;
    readonly done: () => void;
    readonly fail: (reason: Error) => void;
  }[] = [];
  const open = await openThings({ bus, clock });
  const servient = new Servient({ bus, clock });
  const td = { title: 'Lamp', properties: { level: { type: 'integer' } } } as const;
  await servient.expose(
    defineThing(id, td, {
      initial: { level: 0 },
      write: {
        level: (level) =>
          new Promise((resolve, fail) => taken.push({ level, done: () => resolve(), fail })),
      },
    }),
  );
  const write = (level: number, tag?: string) =>
    open.things.writeProperties(
      id,
      { level },
      tag === undefined ? {} : { expects: expectTag(tag) },
    );
  return {
    things: open.things,
    taken,
    write,
    [Symbol.asyncDispose]: async () => {
      await servient.drain();
      await open[Symbol.asyncDispose]();
    },
  };
}

const expectTag = (wanted: string) => (tag: string | undefined) => {
  if (tag !== wanted) throw new Problem('precondition-failed', `${tag} is not ${wanted}`);
};

test('of many who overwrite the same version at once one succeeds, and the others are told', async () => {
  await using world = await openWorld();
  const writes = Array.from({ length: 20 }, (_, n) => world.write(n + 1, '1'));
  const outcomes = Promise.allSettled(writes);
  await settle();
  world.taken[0]?.done();
  const refused = (await outcomes).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(19);
  expect(world.taken.map(({ level }) => level)).toEqual([1]);
  expect(world.things.find(id)?.property('level')).toMatchObject({ value: 1, version: 2 });
});

test('who writes without a condition waits while a write with one is under way', async () => {
  await using world = await openWorld();
  const first = world.write(1, '1');
  const second = world.write(2);
  await settle();
  expect(world.taken.map(({ level }) => level)).toEqual([1]);
  world.taken[0]?.done();
  await first;
  await settle();
  world.taken[1]?.done();
  await second;
  expect(world.things.find(id)?.property('level')).toMatchObject({ value: 2, version: 3 });
});

test('a write with a condition that fails lets the next one have its turn', async () => {
  await using world = await openWorld();
  await expect(world.write(1, '9')).rejects.toMatchObject({ name: 'precondition-failed' });
  const next = world.write(2, '1');
  await settle();
  world.taken[0]?.done();
  expect(await next).toEqual({ level: 2 });
});

test('who overwrites a version waits for a write without a condition that is under way, and is told what it missed', async () => {
  await using world = await openWorld();
  const plain = world.write(1);
  await settle();
  const conditional = Promise.allSettled([world.write(2, '1')]);
  await settle();
  world.taken[0]?.done();
  await plain;
  await settle();
  world.taken[1]?.done();
  expect(await conditional).toMatchObject([{ reason: { name: 'precondition-failed' } }]);
  expect(world.things.find(id)?.property('level')).toMatchObject({ value: 1, version: 2 });
});

test('a write without a condition that fails lets one with a condition have its turn', async () => {
  await using world = await openWorld();
  const plain = world.write(1);
  await settle();
  const conditional = world.write(2, '1');
  world.taken[0]?.fail(new Error('broken'));
  await expect(plain).rejects.toThrow();
  await settle();
  world.taken[1]?.done();
  expect(await conditional).toEqual({ level: 2 });
});

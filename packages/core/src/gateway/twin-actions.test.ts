import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { Things } from '../ports/things.ts';
import { CrashWorld } from '../testing/crash-world.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { JournalModel } from '../testing/journal-model.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { openThings } from './open-things.ts';

const machine = 'urn:dev:machine';

test('asked for again while the Thing has not answered yet, the same run is the answer, at once', async () => {
  await using world = await CrashWorld.open();
  world.isDeaf = true;
  const first = world.things.invokeAction(machine, 'press', undefined, { id: 'r' });
  const refused = expect(first).rejects.toMatchObject({ name: 'thing-unreachable' });
  const second = await world.things.invokeAction(machine, 'press', undefined, { id: 'r' });
  expect(second).toMatchObject({ id: 'r', status: 'pending' });
  const other = world.things.invokeAction(machine, 'home', undefined, { id: 'r' });
  await expect(other).rejects.toMatchObject({ name: 'conflict' });
  await world.clock.advance(2_000);
  await refused;
});

test('asked for again before it is stored, a run is not acknowledged before it is', async () => {
  await using world = await CrashWorld.open();
  world.commitMs = 5;
  const answers: string[] = [];
  for (const name of ['first', 'second']) {
    const asked = world.things.invokeAction(machine, 'press', undefined, { id: 'r' });
    void asked.then(() => answers.push(name));
  }
  await world.clock.advance(4);
  expect(answers).toEqual([]);
  await world.clock.advance(20);
  expect(answers).toHaveLength(2);
  expect(world.begun.get('r')).toBe(1);
});

test('an id is remembered for 24 hours after its run has ended, then it may be used anew', async () => {
  await using world = await CrashWorld.open();
  const ask = () => world.things.invokeAction(machine, 'press', undefined, { id: 'r' });
  await ask();
  await world.clock.advance(86_400_000);
  expect((await ask()).status).toBe('completed');
  world.crashGateway();
  await world.startGateway();
  expect((await ask()).status).toBe('completed');
  await world.clock.advance(200);
  expect(world.things.queryActions(machine)).toEqual([]);
  expect(world.begun.get('r')).toBe(1);
});

test.each(['', '.', '..', 'a\nb', '\ud800', 'x'.repeat(257)])(
  '%j is no id of a run',
  async (id) => {
    await using world = await CrashWorld.open();
    const asked = world.things.invokeAction(machine, 'press', undefined, { id });
    await expect(asked).rejects.toMatchObject({ name: 'bad-request' });
    expect(world.things.queryActions(machine)).toEqual([]);
  },
);

test('a synchronous action that is asked for twice under one id runs once, and both hear its output', async () => {
  await using bus = new MemoryBus();
  const clock = new FakeClock();
  await using open = await openThings({ bus, clock });
  let runs = 0;
  const scale = defineThing(
    'urn:dev:scale',
    { title: 'Scale', actions: { weigh: { synchronous: true, output: { type: 'integer' } } } },
    {
      actions: {
        async weigh(_, { delay }) {
          await delay(50);
          return ++runs;
        },
      },
    },
  );
  await new Servient({ bus, clock }).expose(scale);
  const ask = () => open.things.invokeAction('urn:dev:scale', 'weigh', undefined, { id: 'r' });
  const both = Promise.all([ask(), ask()]);
  await settle();
  await clock.advance(50);
  expect((await both).map(({ output }) => output)).toEqual([1, 1]);
  expect((await ask()).output).toBe(1);
});

test('members of an input may come in another order, the request is the same', async () => {
  await using bus = new MemoryBus();
  const clock = new FakeClock();
  await using open = await openThings({ bus, clock });
  const arm = defineThing(
    'urn:dev:arm',
    { title: 'Arm', actions: { move: { input: { type: 'object' } } } },
    { actions: { move: (_, { delay }) => delay(10) } },
  );
  await new Servient({ bus, clock }).expose(arm);
  const ask = (input: { x: number; y: number }) =>
    open.things.invokeAction('urn:dev:arm', 'move', input, { id: 'r' });
  await ask({ x: 1, y: 2 });
  expect((await ask({ y: 2, x: 1 })).id).toBe('r');
  await expect(ask({ x: 2, y: 1 })).rejects.toMatchObject({ name: 'conflict' });
});

test('a run that was forgotten stays so over a restart', async () => {
  const clock = new FakeClock();
  const model = new JournalModel();
  const bus = new MemoryBus();
  const fan = defineThing(
    'urn:dev:fan',
    { title: 'Fan', actions: { spin: {} } },
    { actions: { spin: () => undefined } },
  );
  const boot = async (work: (things: Things) => Promise<unknown>) => {
    await using open = await openThings({ bus, clock, journal: new MemoryJournal(model) });
    await using servient = new Servient({ bus, clock });
    await servient.expose(fan);
    await work(open.things);
    await settle();
    return open.things.queryActions(fan.id).map(({ id }) => id);
  };
  const spin = (things: Things, id: string) =>
    things.invokeAction(fan.id, 'spin', undefined, { id });
  const both = await boot((things) => Promise.all(['a', 'b'].map((id) => spin(things, id))));
  expect(both).toEqual(['b', 'a']);
  await boot((things) => things.forgetAction(fan.id, 'spin', 'a'));
  expect(await boot(async () => {})).toEqual(['b']);
});

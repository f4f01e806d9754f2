import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { JournalModel } from '../testing/journal-model.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { type OpenThingsOptions, openThings } from './open-things.ts';

const bell = defineThing('urn:dev:bell', {
  title: 'Bell',
  events: { rang: { data: { type: 'integer' } } },
});

/** A bell that rang once, while somebody listened who opened the Things of its bus in some way. */
async function ring(how: Omit<OpenThingsOptions, 'bus'>) {
  await using stack = new AsyncDisposableStack();
  const bus = new MemoryBus();
  const clock = new FakeClock();
  const told: string[] = [];
  await bus.subscribe('things/+/stored', ({ topic }) => void told.push(topic));
  stack.use(await openThings({ ...how, bus, clock }));
  const servient = stack.use(new Servient({ bus, clock }));
  const exposed = await servient.expose(bell);
  exposed.emit('rang', 1);
  await settle();
  const owned = stack.move();
  return { bus, clock, told, exposed, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('who only listens acknowledges nothing: a gateway that comes later stores it all', async () => {
  await using house = await ring({});
  expect(house.told).toEqual([]);
  const { bus, clock, exposed } = house;
  const model = new JournalModel();
  await using _gateway = await openThings({ bus, clock, journal: new MemoryJournal(model) });
  await exposed.stored();
  // Its values were the first it said, the event the second.
  expect(model.things()).toMatchObject([{ thing: bell.id, stamp: { s: 2 } }]);
});

test.each([
  ['with a journal', { journal: new MemoryJournal() }],
  ['without one', { acknowledges: true }],
])('a gateway %s acknowledges what it has', async (_, how) => {
  await using house = await ring(how);
  await house.exposed.stored();
  expect(house.told).not.toEqual([]);
});

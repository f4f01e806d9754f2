import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNotAfter } from '../bus/envelope.ts';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { EntryStamp, JournalEntry } from '../ports/journal.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { JournalModel } from '../testing/journal-model.ts';
import { LooseWire } from '../testing/loose-wire.ts';
import { MemoryJournal } from '../testing/memory-journal.ts';
import type { ExposedThing } from '../thing/exposed-thing.ts';
import { VolatileMemory } from '../thing/memory-outbox.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { type OpenThings, openThings } from './open-things.ts';

const counter = defineThing('urn:dev:counter', {
  title: 'Counter',
  properties: { level: { type: 'integer' } },
  events: { counted: { data: { type: 'integer' } } },
});
type Counter = (typeof counter)['td'];

/** A journal's model that remembers which events it took. */
class Shelf extends JournalModel {
  readonly events: unknown[] = [];
  #last: EntryStamp = { e: 0, s: 0 };

  override append(entry: JournalEntry): void {
    super.append(entry);
    const stamp = 'stamp' in entry ? entry.stamp : undefined;
    if (entry.thing !== counter.id || stamp === undefined || isNotAfter(stamp, this.#last)) return;
    this.#last = stamp;
    if (entry.kind === 'event') this.events.push(entry.data);
  }
}

/** A Thing, a wire and a gateway, each of which may fail by itself; what the Thing and the gateway have on disk stays. */
class World {
  readonly clock = new FakeClock();
  readonly wire = new LooseWire();
  readonly shelf = new Shelf();
  readonly memory = new VolatileMemory();
  journal = new MemoryJournal(this.shelf);
  thing: ExposedThing<Counter> | undefined;
  count = 0;
  level: number | undefined;
  #gateway: OpenThings | undefined;

  async boot(): Promise<void> {
    this.wire.kill();
    this.wire.mend();
    const { clock, memory } = this;
    this.thing = await new Servient({ bus: this.wire.bus(), clock, memory }).expose(counter);
  }

  async startGateway(): Promise<void> {
    if (this.#gateway !== undefined) return;
    this.journal = new MemoryJournal(this.shelf);
    const { clock, journal } = this;
    this.#gateway = await openThings({ bus: new MemoryBus(this.wire.hub), clock, journal });
  }

  async killGateway(): Promise<void> {
    this.journal.kill();
    const gateway = this.#gateway;
    this.#gateway = undefined;
    await gateway?.[Symbol.asyncDispose]();
  }

  say(): void {
    this.thing?.emit('counted', ++this.count);
  }

  report(): void {
    this.level = ++this.count;
    this.thing?.report('level', this.level);
  }
}

const deeds = {
  say: (world: World) => world.say(),
  report: (world: World) => world.report(),
  deafen: ({ wire }: World) => wire.deafen(),
  break: ({ wire }: World) => wire.break(),
  mend: ({ wire }: World) => wire.mend(),
  'restart the Thing': (world: World) => world.boot(),
  'kill the gateway': (world: World) => world.killGateway(),
  'start the gateway': (world: World) => world.startGateway(),
  'kill the broker with the gateway in it': async (world: World) => {
    await world.killGateway();
    world.wire.restart();
  },
  'fill the disk': ({ journal }: World) => {
    journal.status = { state: 'full', since: 0 };
  },
  'make room': ({ journal }: World) => {
    journal.status = { state: 'writing' };
  },
  'let some time pass': ({ clock }: World) => clock.advance(500),
  'let time pass': ({ clock }: World) => clock.advance(5_000),
} as const satisfies Readonly<Record<string, (world: World) => unknown>>;

const deed = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('say' as const, 'report' as const) },
  { weight: 10, arbitrary: fc.constantFrom(...(Object.keys(deeds) as (keyof typeof deeds)[])) },
);
const steps = fc.array(fc.record({ deed, calm: fc.boolean() }), { maxLength: 40 });

async function live(all: readonly { deed: keyof typeof deeds; calm: boolean }[]): Promise<World> {
  const world = new World();
  await world.startGateway();
  await world.boot();
  for (const { deed, calm } of all) {
    await deeds[deed](world);
    if (calm) await settle();
  }
  return world;
}

test('whatever fails when, each event is stored once and in order, and the last value is the last', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world = await live(all);
      world.journal.status = { state: 'writing' };
      world.wire.break();
      world.wire.mend();
      await world.startGateway();
      for (let round = 0; round < 6; round++) await world.clock.advance(5_000);
      await world.thing?.stored();
      const said = world.shelf.events;
      expect(said).toEqual([...new Set(said)].sort((a, b) => Number(a) - Number(b)));
      expect(said).toHaveLength(all.filter(({ deed }) => deed === 'say').length);
      const level = world.shelf
        .things()
        .find(({ thing }) => thing === counter.id)
        ?.values.get('level');
      expect(level?.value).toBe(world.level);
    }),
    { numRuns: 300 },
  );
});

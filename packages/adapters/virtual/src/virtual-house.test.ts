import { type JsonValue, MemoryBus, Payload, silentLogger, ThingId, Topics } from '@thingtalk/core';
import { adapterConformance, FakeClock, Inbox } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtualHouse } from './virtual-house.ts';

adapterConformance('the virtual house', async () => ({
  adapter: virtualHouse(),
  async [Symbol.asyncDispose]() {},
}));

/** A house that lives on a bus of its own, by a clock that a test turns. */
async function houseWorld(seed: number) {
  const bus = new MemoryBus();
  const clock = new FakeClock();
  const inbox = await Inbox.open(bus, '#');
  const house = virtualHouse({ seed });
  await house.start({ bus, clock, logger: silentLogger });
  return {
    bus,
    clock,
    inbox,
    house,
    async [Symbol.asyncDispose]() {
      await house.drain();
      await bus.drain();
    },
  };
}

type HouseWorld = Awaited<ReturnType<typeof houseWorld>>;

const topics = new Topics();
const thing = (name: string) => ThingId(`urn:thingtalk:virtual:${name}`);

/** What a Thing last said of its properties. */
function valuesOf({ inbox }: HouseWorld, name: string): Record<string, unknown> {
  const topic = topics.of(thing(name), 'values');
  const last = inbox.messages.findLast((message) => message.topic === topic);
  return (last?.payload.json() ?? {}) as Record<string, unknown>;
}

function send({ bus }: HouseWorld, name: string, part: 'set' | 'request_action', wish: JsonValue) {
  return bus.publish(topics.of(thing(name), part), Payload.of(wish));
}

describe('the virtual house', () => {
  it('says the same things in the same order for the same seed and the same clock', async () => {
    const live = async (seed: number, steps: readonly number[]) => {
      await using world = await houseWorld(seed);
      for (const ms of steps) await world.clock.advance(ms);
      return world.inbox.received;
    };
    const steps = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.integer(), steps, async (seed, ms) => {
        expect(await live(seed, ms)).toEqual(await live(seed, ms));
      }),
      { numRuns: 10 },
    );
  });

  it('lives differently for another seed', async () => {
    await using one = await houseWorld(1);
    await using other = await houseWorld(2);
    for (const { clock } of [one, other]) await clock.advance(60_000);
    expect(one.inbox.texts).not.toEqual(other.inbox.texts);
  });

  it('has sixteen Things that all say something within a day, and nothing that their schemas refuse', async () => {
    await using world = await houseWorld(3);
    await world.clock.advance(24 * 60_000);
    const described = world.inbox.messages.filter(({ topic }) => topic.endsWith('/td'));
    expect(described).toHaveLength(16);
    for (const { topic } of described) {
      const values = world.inbox.messages.filter((m) => m.topic === topic.replace(/td$/, 'values'));
      expect(values.length, topic).toBeGreaterThan(0);
    }
    expect(world.inbox.messages.filter(({ topic }) => topic.endsWith('/error'))).toEqual([]);
  });

  it('has people who come and go: the door opens, the hall moves, the lock locks itself', async () => {
    await using world = await houseWorld(4);
    await world.clock.advance(24 * 60_000);
    const events = new Set(
      world.inbox.messages
        .filter(({ topic }) => topic.endsWith('/event'))
        .flatMap(({ payload }) => Object.keys(payload.json() as object)),
    );
    for (const event of ['opened', 'closed', 'motionDetected', 'autoLocked', 'trackChanged']) {
      expect(events).toContain(event);
    }
  });

  it('moves the blinds in their own time, and stops them where they are', async () => {
    await using world = await houseWorld(5);
    await send(world, 'living-room-blinds', 'set', { targetPosition: 100 });
    await world.clock.advance(5_000);
    expect(valuesOf(world, 'living-room-blinds')).toMatchObject({
      position: 20,
      motion: 'opening',
    });
    await send(world, 'living-room-blinds', 'request_action', { stop: {} });
    await world.clock.advance(5_000);
    expect(valuesOf(world, 'living-room-blinds')).toMatchObject({
      position: 20,
      motion: 'stopped',
    });
  });

  it('draws through the meter what its appliances draw', async () => {
    await using world = await houseWorld(6);
    await send(world, 'living-room-thermostat', 'set', { mode: 'off' });
    await world.clock.advance(60_000);
    const before = Number(valuesOf(world, 'energy-meter').power);
    await send(world, 'coffee-maker', 'request_action', { brew: { input: { cups: 2 } } });
    await world.clock.advance(2_000);
    expect(valuesOf(world, 'kitchen-plug')).toMatchObject({ power: 1_101.5 });
    expect(Number(valuesOf(world, 'energy-meter').power)).toBeGreaterThan(before + 1_000);
  });

  it('brews nothing more once the plug is switched off', async () => {
    await using world = await houseWorld(7);
    await send(world, 'coffee-maker', 'request_action', { brew: { input: { cups: 2 }, id: 'a' } });
    await world.clock.advance(2_000);
    await send(world, 'kitchen-plug', 'set', { on: false });
    await world.clock.advance(2_000);
    expect(valuesOf(world, 'coffee-maker')).toMatchObject({ state: 'off', water: 8 });
    const states = world.inbox.texts.filter((text) => text.includes('"brew"'));
    expect(states.at(-1)).toContain('the plug was switched off');
  });

  it('lets the robot clean for minutes with progress, and go home when it is cancelled', async () => {
    await using world = await houseWorld(8);
    await send(world, 'robot-cleaner', 'request_action', {
      clean: { input: { area: 10 }, id: 'r' },
    });
    await world.clock.advance(10_000);
    expect(valuesOf(world, 'robot-cleaner')).toMatchObject({ state: 'cleaning', cleanedArea: 5 });
    expect(world.inbox.texts.some((text) => text.includes('"progress":0.5'))).toBe(true);
    await send(world, 'robot-cleaner', 'request_action', { clean: { cancel: 'r' } });
    await world.clock.advance(1_000);
    expect(valuesOf(world, 'robot-cleaner')).toMatchObject({ state: 'docked' });
  });

  it('heats the room to its target', async () => {
    await using world = await houseWorld(9);
    await send(world, 'living-room-thermostat', 'set', { targetTemperature: 22 });
    await world.clock.advance(5 * 60_000);
    const { temperature } = valuesOf(world, 'living-room-thermostat');
    expect(Number(temperature)).toBeGreaterThan(20);
    expect(Number(temperature)).toBeLessThan(24);
  });
});

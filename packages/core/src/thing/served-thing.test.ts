import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import { Problem } from '../problem/problem.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Servient } from './servient.ts';
import { defineThing, type ThingDefinition } from './thing-definition.ts';

const lampId = 'urn:dev:ops:my-lamp-1234';

const lamp = defineThing(
  lampId,
  {
    title: 'My Lamp',
    properties: {
      on: { type: 'boolean' },
      brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
      power: { type: 'number', readOnly: true, unit: 'watt' },
    },
    actions: {
      fade: {
        input: {
          type: 'object',
          required: ['brightness', 'duration'],
          properties: {
            brightness: { type: 'integer', minimum: 0, maximum: 100 },
            duration: { type: 'integer', minimum: 1 },
          },
        },
        output: { type: 'integer' },
      },
    },
    events: { overheated: { data: { type: 'number', unit: 'degree celsius' } } },
  },
  {
    initial: { on: true, brightness: 50 },
    actions: {
      async fade({ brightness, duration }, { thing, delay, progress }) {
        progress(0.5);
        await delay(duration);
        thing.report('brightness', brightness);
        thing.emit('overheated', 102);
        return brightness;
      },
    },
  },
);

/** A bus, a servient, and all that was said below `things/`, without stamps. */
class World implements AsyncDisposable {
  readonly bus = new MemoryBus();
  readonly clock = new FakeClock();
  readonly servient = new Servient({ bus: this.bus, clock: this.clock });
  readonly said: { topic: string; body: JsonValue | undefined; stamp: JsonValue | undefined }[] =
    [];

  static async open(): Promise<World> {
    const world = new World();
    await world.bus.subscribe('things/#', ({ topic, payload }) => {
      if (payload.isEmpty) world.said.push({ topic, body: undefined, stamp: undefined });
      else {
        const { $: stamp, ...body } = payload.json() as JsonObject;
        world.said.push({ topic, body, stamp });
      }
    });
    return world;
  }

  saidOn(part: string): (JsonValue | undefined)[] {
    return this.said
      .filter(({ topic }) => topic === `things/${lampId}/${part}`)
      .map(({ body }) => body);
  }

  async ask(command: string, wish: JsonValue): Promise<JsonObject> {
    await this.bus.publish(`things/${lampId}/${command}/me/1`, Payload.of(wish));
    await this.clock.advance(0);
    return this.saidOn('reply/me/1').at(-1) as JsonObject;
  }

  tell(command: string, wish: JsonValue, retain = false): Promise<void> {
    return this.bus.publish(`things/${lampId}/${command}`, Payload.of(wish), { retain });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.servient.drain();
    await this.bus.drain();
  }
}

test('a Thing announces its description, its birth and its values, in this order', async () => {
  await using world = await World.open();
  await world.servient.expose(lamp);
  expect(world.said.map(({ topic }) => topic.split('/').at(-1))).toEqual([
    'td',
    'status',
    'values',
  ]);
  expect(world.saidOn('td')[0]).toMatchObject({ id: lampId, title: 'My Lamp' });
  expect(world.saidOn('status')).toEqual([{ online: true, protocol: 1 }]);
  expect(world.saidOn('values')).toEqual([{ on: true, brightness: 50 }]);
  expect(world.said[2]?.stamp).toEqual({ e: world.clock.now(), s: 1, t: world.clock.now() });
});

test('a Thing whose start throws says goodbye, and can be served again', async () => {
  await using world = await World.open();
  const broken = defineThing(
    lampId,
    { title: 'My Lamp' },
    {
      start: () => {
        throw new Error('no relay');
      },
    },
  );
  await expect(world.servient.expose(broken)).rejects.toThrow('no relay');
  expect(world.saidOn('status').at(-1)).toEqual({ online: false, protocol: 1 });
  await world.servient.expose(lamp);
  expect(world.saidOn('status').at(-1)).toEqual({ online: true, protocol: 1 });
});

test('values reported in one tick travel in one message', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  thing.report('brightness', 1);
  thing.report('brightness', 2);
  thing.report('power', 7.5);
  await world.clock.advance(0);
  expect(world.saidOn('values').slice(1)).toEqual([{ on: true, brightness: 2, power: 7.5 }]);
});

test('a value that is held already is not said again', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  thing.report('brightness', 50);
  await world.clock.advance(0);
  expect(world.saidOn('values')).toHaveLength(1);
});

test('a value that does not fit its schema is refused where it is reported', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  expect(() => thing.report('brightness', 101)).toThrow(/brightness/);
  expect(thing.value('brightness')).toBe(50);
});

test('a set is kept, said and answered, in this order', async () => {
  await using world = await World.open();
  await world.servient.expose(lamp);
  expect(await world.ask('set', { brightness: 25 })).toEqual({ ok: { brightness: 25 } });
  expect(world.said.slice(-2).map(({ topic }) => topic)).toEqual([
    `things/${lampId}/values`,
    `things/${lampId}/reply/me/1`,
  ]);
});

test('a set with one bad member changes nothing and names every bad member', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  const { problem } = await world.ask('set', { on: false, brightness: 101, power: 1, hue: 2 });
  expect(problem).toMatchObject({ status: 404, type: 'urn:thingtalk:problem:property-not-found' });
  const fields = (problem as { validationErrors: { field: string }[] }).validationErrors;
  expect(fields.map(({ field }) => field)).toEqual(['/brightness', '/power', '/hue']);
  expect(thing.value('on')).toBe(true);
});

test('a plain set that is refused is told on the error topic', async () => {
  await using world = await World.open();
  await world.servient.expose(lamp);
  await world.tell('set', { power: 1 });
  expect(world.saidOn('error')).toMatchObject([{ status: 403 }]);
});

test('a retained command is ignored', async () => {
  await using world = await World.open();
  await world.tell('set', { on: false }, true);
  const thing = await world.servient.expose(lamp);
  expect(thing.value('on')).toBe(true);
});

test('what a write handler returns is the value as the device took it', async () => {
  await using world = await World.open();
  const { brightness } = lamp.td.properties;
  await world.servient.expose(
    defineThing(
      lampId,
      { title: 'Coarse', properties: { brightness } },
      {
        write: { brightness: async (wanted) => Math.round(wanted / 10) * 10 },
      },
    ),
  );
  expect(await world.ask('set', { brightness: 44 })).toEqual({ ok: { brightness: 40 } });
});

test('writes that take time are carried out one after the other', async () => {
  await using world = await World.open();
  const log: string[] = [];
  const { brightness } = lamp.td.properties;
  await world.servient.expose(
    defineThing(
      lampId,
      { title: 'Slow', properties: { brightness } },
      {
        write: {
          async brightness(wanted) {
            log.push(`begin ${wanted}`);
            await new Promise<void>((resolve) => world.clock.after(10, resolve));
            log.push(`end ${wanted}`);
          },
        },
      },
    ),
  );
  await world.tell('set', { brightness: 1 });
  await world.tell('set', { brightness: 2 });
  await world.clock.advance(25);
  expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('a handler that breaks answers with an incident, never with its message', async () => {
  await using world = await World.open();
  const { on } = lamp.td.properties;
  await world.servient.expose(
    defineThing(
      lampId,
      { title: 'Broken', properties: { on } },
      {
        write: {
          on() {
            throw new Error('secret detail');
          },
        },
      },
    ),
  );
  const { problem } = await world.ask('set', { on: true });
  expect(problem).toMatchObject({ status: 500 });
  expect(JSON.stringify(problem)).not.toContain('secret');
});

test('get answers with the values asked for, and says them all', async () => {
  await using world = await World.open();
  await world.servient.expose(lamp);
  expect(await world.ask('get', ['on'])).toEqual({ ok: { on: true } });
  expect(world.saidOn('values')).toHaveLength(2);
  expect(await world.ask('get', ['hue'])).toMatchObject({ problem: { status: 404 } });
});

test('an action runs, tells its progress, and ends with its output', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  const input = { brightness: 10, duration: 100 };
  const { ok } = await world.ask('request_action', { fade: { id: 'run-1', input } });
  expect(ok).toMatchObject({ fade: { id: 'run-1', status: 'running' } });
  await world.clock.advance(100);
  const told = world.saidOn('action') as {
    fade: { status: string; progress?: number; output?: number };
  }[];
  expect(told.map(({ fade }) => [fade.status, fade.progress, fade.output])).toEqual([
    ['running', undefined, undefined],
    ['running', 0.5, undefined],
    ['completed', 0.5, 10],
  ]);
  expect(world.saidOn('event')).toMatchObject([{ overheated: { data: 102 } }]);
  expect(thing.value('brightness')).toBe(10);
});

test('the same run asked for twice runs once; another under its id is a conflict', async () => {
  await using world = await World.open();
  await world.servient.expose(lamp);
  const wish = { fade: { id: 'run-1', input: { brightness: 10, duration: 100 } } };
  await world.ask('request_action', wish);
  expect(await world.ask('request_action', wish)).toMatchObject({ ok: { fade: { id: 'run-1' } } });
  const other = { fade: { id: 'run-1', input: { brightness: 11, duration: 100 } } };
  expect(await world.ask('request_action', other)).toMatchObject({ problem: { status: 409 } });
  await world.clock.advance(100);
  expect(world.saidOn('event')).toHaveLength(1);
});

test('a cancelled run has failed as cancelled, and its handler is told', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  await world.ask('request_action', {
    fade: { id: 'r', input: { brightness: 10, duration: 100 } },
  });
  const { ok } = await world.ask('request_action', { fade: { cancel: 'r' } });
  expect(ok).toMatchObject({
    fade: { status: 'failed', error: { type: 'urn:thingtalk:problem:action-cancelled' } },
  });
  await world.clock.advance(1_000);
  expect(thing.value('brightness')).toBe(50);
  expect(await world.ask('request_action', { fade: { cancel: 'r' } })).toMatchObject({
    problem: { status: 409 },
  });
});

test('a run that takes longer than it may has failed as timed out', async () => {
  await using world = await World.open();
  await world.servient.expose(
    defineThing(
      lampId,
      { title: 'Hung', actions: { wait: {} } },
      {
        actions: { wait: { timeoutMs: 500, run: (_, { signal }) => untilAborted(signal) } },
      },
    ),
  );
  await world.ask('request_action', { wait: {} });
  await world.clock.advance(500);
  expect(world.saidOn('action').at(-1)).toMatchObject({
    wait: { status: 'failed', error: { type: 'urn:thingtalk:problem:action-timeout' } },
  });
});

test('wrong input names the member, and nothing is run', async () => {
  await using world = await World.open();
  await world.servient.expose(lamp);
  const { problem } = await world.ask('request_action', { fade: { input: { brightness: 10 } } });
  expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining('duration') });
  expect(world.saidOn('action')).toEqual([]);
});

test('a drained Thing cancels its runs and says goodbye, but stays known', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  await world.ask('request_action', { fade: { input: { brightness: 10, duration: 100 } } });
  await thing.drain();
  expect(world.saidOn('action').at(-1)).toMatchObject({ fade: { status: 'failed' } });
  expect(world.saidOn('status').at(-1)).toMatchObject({ online: false });
  expect(world.saidOn('td')).toHaveLength(1);
});

test('a removed Thing clears what it retained', async () => {
  await using world = await World.open();
  const thing = await world.servient.expose(lamp);
  await thing.remove();
  expect(world.saidOn('td').at(-1)).toBeUndefined();
  expect(world.saidOn('values').at(-1)).toBeUndefined();
  expect(world.saidOn('status').at(-1)).toBeUndefined();
});

test('a Thing exposed again begins a later epoch', async () => {
  await using world = await World.open();
  const first = await world.servient.expose(lamp);
  await first.drain();
  await world.servient.expose(lamp);
  const births = world.said
    .filter(({ topic }) => topic.endsWith('/status'))
    .map(({ stamp }) => stamp);
  expect(births.at(-1)).toMatchObject({ e: (births[0] as { e: number }).e + 1, c: 1 });
});

test('a description that does not hold is refused before anything is said', async () => {
  await using world = await World.open();
  const broken = { title: 'Broken', properties: { on: { type: 'bool' } } };
  const definition = { id: lamp.id, td: broken, handlers: {} } as unknown as ThingDefinition;
  await expect(world.servient.expose(definition)).rejects.toThrow(Problem);
  expect(world.said).toEqual([]);
});

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

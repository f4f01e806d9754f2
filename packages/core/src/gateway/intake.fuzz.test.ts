import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory-bus.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { openThings } from './open-things.ts';

const td = {
  title: 'Lamp',
  properties: { on: { type: 'boolean' }, level: { type: 'integer', minimum: 0, maximum: 100 } },
  actions: { blink: { input: { type: 'integer' } } },
  events: { hot: { data: { type: 'number' } } },
};

const parts = ['td', 'values', 'event', 'action', 'status', 'set', 'get', 'error', 'stored', 'odd'];

const stamp = fc.record({ e: fc.nat(), s: fc.nat(), t: fc.nat() });

const anyJson = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<JsonValue>,
  fc.record(
    {
      on: fc.jsonValue(),
      level: fc.oneof(fc.integer(), fc.double(), fc.string()),
      ['__proto__']: fc.jsonValue(),
      blink: fc.record(
        {
          id: fc.oneof(fc.string(), fc.integer()),
          status: fc.constantFrom('pending', 'running', 'completed', 'failed', 'odd', 7),
          error: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      hot: fc.record({ data: fc.jsonValue(), timestamp: fc.jsonValue() }, { requiredKeys: [] }),
      online: fc.oneof(fc.boolean(), fc.jsonValue()),
      $: fc.oneof(stamp, fc.jsonValue()),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonValue>,
);

const anyPayload = fc.oneof(
  anyJson.map((value) => Payload.of(value)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Payload.ofBytes(bytes)),
  fc.string().map((text) => Payload.ofText(text)),
  fc.constant(Payload.ofText('['.repeat(100_000))),
);

const message = fc.record({
  level: fc.constantFrom('lamp', 'other', 'urn:thing:lamp', '%zz', '%24x', '__proto__'),
  part: fc.constantFrom(...parts),
  payload: anyPayload,
  retain: fc.boolean(),
});

test('whatever is said on the bus, the gateway lives, and holds no value that breaks its schema', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 40 }), async (messages) => {
      const failures: unknown[] = [];
      await using bus = new MemoryBus({ onError: (error) => failures.push(error) });
      const clock = new FakeClock();
      await using open = await openThings({ bus, clock });
      await bus.publish('things/lamp/td', Payload.of(td), { retain: true });
      for (const { level, part, payload, retain } of messages) {
        await bus.publish(`things/${level}/${part}`, payload, { retain }).catch(() => {});
      }
      await clock.advance(100_000);
      expect(failures).toEqual([]);
      for (const record of open.things.list()) {
        expect(record.td.id).toBe(record.id);
        if (record.td.title !== 'Lamp') continue;
        const level = record.property('level')?.value;
        expect(level === undefined || (Number.isInteger(level) && Number(level) <= 100)).toBe(true);
        expect(typeof (record.property('on')?.value ?? true)).toBe('boolean');
      }
    }),
    { numRuns: 300 },
  );
});

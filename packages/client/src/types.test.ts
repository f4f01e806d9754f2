import { defineThing } from '@thingtalk/core';
import { expect, expectTypeOf, test } from 'vitest';
import type { ConsumedThing } from './index.ts';

const definition = defineThing('urn:test:lamp', {
  title: 'Lamp',
  properties: {
    on: { type: 'boolean' },
    level: { type: 'integer', unit: 'percent' },
    power: { type: 'number', readOnly: true },
    mode: { enum: ['warm', 'cold'] },
  },
  actions: {
    fade: {
      input: {
        type: 'object',
        properties: { level: { type: 'integer' }, ms: { type: 'integer' } },
        required: ['level'],
      },
      output: { type: 'boolean' },
    },
    blink: {},
  },
  events: { overheated: { data: { type: 'number' } } },
});

type Lamp = ConsumedThing<typeof definition.td>;

/** Compiled, never run: what the compiler must let pass and must refuse of a typed Thing. */
async function typed(lamp: Lamp) {
  expectTypeOf(await lamp.readProperty('on')).toEqualTypeOf<boolean>();
  expectTypeOf(await lamp.readProperty('mode')).toEqualTypeOf<'warm' | 'cold'>();
  expectTypeOf(lamp.live.level).toEqualTypeOf<number | undefined>();
  await lamp.writeProperty('level', 40);
  await lamp.writeMultipleProperties({ on: true, mode: 'cold' });
  const run = await lamp.invokeAction('fade', { level: 10 }, { timeoutMs: 100 });
  expectTypeOf(await run.ended).toEqualTypeOf<boolean>();
  await lamp.invokeAction('blink');
  await lamp.subscribeEvent('overheated', (data) => expectTypeOf(data).toEqualTypeOf<number>());
  for await (const on of lamp.values('on')) expectTypeOf(on).toEqualTypeOf<boolean>();
  await lamp.observeAll((change) => {
    if (change.name === 'on') expectTypeOf(change.value).toEqualTypeOf<boolean>();
  });

  // @ts-expect-error there is no such property
  await lamp.readProperty('colour');
  // @ts-expect-error a level is a number
  await lamp.writeProperty('level', '40');
  // @ts-expect-error power is read-only
  await lamp.writeProperty('power', 1);
  // @ts-expect-error power is read-only
  await lamp.writeMultipleProperties({ power: 1 });
  // @ts-expect-error fade needs its input
  await lamp.invokeAction('fade');
  // @ts-expect-error a level is required
  await lamp.invokeAction('fade', { ms: 5 });
  // @ts-expect-error blink takes no input
  await lamp.invokeAction('blink', 1);
  // @ts-expect-error there is no such event
  await lamp.subscribeEvent('cooled', () => {});
}

/** Compiled, never run: a Thing of which nothing is known takes any name and any JSON value. */
async function untyped(thing: ConsumedThing) {
  await thing.writeProperty('anything', [1, { two: null }]);
  await thing.invokeAction('anything');
  await thing.invokeAction('anything', { level: 1 });
  // @ts-expect-error a function is no JSON value
  await thing.writeProperty('anything', () => {});
}

test('the compiler checks names, values and inputs against the literal', () => {
  expect([typed, untyped].every((check) => typeof check === 'function')).toBe(true);
});

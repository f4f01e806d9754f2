import { describe, expectTypeOf, it } from 'vitest';
import type { ValueOf } from '../data/data-schema.ts';
import type { JsonValue } from '../data/json.ts';
import type { ExposedThing } from './exposed-thing.ts';
import {
  type ActionInput,
  type ActionOutput,
  defineThing,
  type EventData,
  type PropertyValue,
  type ThingInit,
  type WritableName,
} from './thing-definition.ts';

// The compiler is what is tested here: each `@ts-expect-error` fails `tsc` once the line below it compiles.

const lampTd = {
  title: 'Lamp',
  properties: {
    on: { type: 'boolean' },
    level: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent' },
    mode: { type: 'string', enum: ['white', 'colour'] },
    power: { type: 'number', unit: 'watt', readOnly: true },
    colour: {
      type: 'object',
      properties: {
        hue: { type: 'number', unit: 'degree' },
        saturation: { type: 'number' },
        name: { type: 'string' },
      },
      required: ['hue', 'saturation'],
    },
    history: { type: 'array', items: { type: 'object', properties: { at: { type: 'string' } } } },
    place: { type: 'array', items: [{ type: 'number' }, { type: 'string' }] },
    kind: { const: 'lamp' },
    scene: { oneOf: [{ type: 'integer' }, { type: 'null' }] },
    extra: { title: 'Anything' },
    details: { type: 'object' },
  },
  actions: {
    fade: {
      input: {
        type: 'object',
        properties: { level: { type: 'integer' }, duration: { type: 'integer' } },
        required: ['level'],
      },
      output: { type: 'boolean' },
    },
    blink: {},
  },
  events: {
    overheated: { data: { type: 'number', unit: 'degree celsius' } },
    pressed: {},
  },
} as const satisfies ThingInit;

type LampTd = typeof lampTd;
type Handlers = NonNullable<Parameters<typeof defineThing<LampTd>>[2]>;
type Value<N extends keyof LampTd['properties']> = PropertyValue<LampTd, N>;

/** Keeps calls that must not compile from running: there is no Thing behind them. */
function compiled(_uses: (lamp: ExposedThing<LampTd>) => void): void {}

describe('the types read from the literal of a lamp', () => {
  it('give each property the type of its values', () => {
    expectTypeOf<Value<'on'>>().toEqualTypeOf<boolean>();
    expectTypeOf<Value<'level'>>().toEqualTypeOf<number>();
    expectTypeOf<Value<'mode'>>().toEqualTypeOf<'white' | 'colour'>();
    expectTypeOf<Value<'kind'>>().toEqualTypeOf<'lamp'>();
    expectTypeOf<Value<'scene'>>().toEqualTypeOf<number | null>();
    expectTypeOf<Value<'place'>>().toEqualTypeOf<readonly [number, string]>();
    expectTypeOf<Value<'extra'>>().toEqualTypeOf<JsonValue>();
    expectTypeOf<Value<'details'>>().toEqualTypeOf<{ readonly [member: string]: JsonValue }>();
  });

  it('make members optional unless they are required', () => {
    expectTypeOf<Value<'colour'>['hue']>().toEqualTypeOf<number>();
    expectTypeOf<Value<'colour'>['name']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<{ hue: number; saturation: number }>().toExtend<Value<'colour'>>();
    expectTypeOf<{ hue: number }>().not.toExtend<Value<'colour'>>();
    expectTypeOf<Value<'history'>[number]['at']>().toEqualTypeOf<string | undefined>();
  });

  it('give actions and events the types of what they carry, and undefined for nothing', () => {
    expectTypeOf<ActionInput<LampTd, 'fade'>['level']>().toEqualTypeOf<number>();
    expectTypeOf<ActionInput<LampTd, 'fade'>['duration']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ActionOutput<LampTd, 'fade'>>().toEqualTypeOf<boolean>();
    expectTypeOf<ActionInput<LampTd, 'blink'>>().toEqualTypeOf<undefined>();
    expectTypeOf<EventData<LampTd, 'overheated'>>().toEqualTypeOf<number>();
    expectTypeOf<EventData<LampTd, 'pressed'>>().toEqualTypeOf<undefined>();
  });

  it('know what may be written', () => {
    expectTypeOf<WritableName<LampTd>>().toEqualTypeOf<
      Exclude<keyof LampTd['properties'], 'power'>
    >();
  });

  it('are the widest where a schema says nothing', () => {
    expectTypeOf<ValueOf<{ readonly unit: 'watt' }>>().toEqualTypeOf<JsonValue>();
  });
});

describe('an exposed Thing', () => {
  it('reports properties that it has, with values that they can have', () => {
    compiled((lamp) => {
      lamp.report('level', 40);
      lamp.report('mode', 'colour');
      lamp.report('power', 3.2);
      lamp.report('colour', { hue: 1, saturation: 2, name: 'red' });
      // @ts-expect-error a property that the lamp does not have
      lamp.report('brightness', 40);
      // @ts-expect-error a value of the wrong type
      lamp.report('level', '40');
      // @ts-expect-error a word that the enum does not have
      lamp.report('mode', 'disco');
      // @ts-expect-error a required member is missing
      lamp.report('colour', { hue: 1 });
      // @ts-expect-error a member of the wrong type
      lamp.report('colour', { hue: 1, saturation: 'much' });
      // @ts-expect-error not the constant
      lamp.report('kind', 'fan');
      // @ts-expect-error items of the wrong type
      lamp.report('place', [1, 2]);
      // @ts-expect-error a property that the lamp does not have
      lamp.value('brightness');
    });
  });

  it('emits events that it has, with the data that they carry', () => {
    compiled((lamp) => {
      lamp.emit('overheated', 102);
      lamp.emit('pressed');
      // @ts-expect-error data of the wrong type
      lamp.emit('overheated', 'hot');
      // @ts-expect-error data is missing
      lamp.emit('overheated');
      // @ts-expect-error an event that carries nothing
      lamp.emit('pressed', 1);
      // @ts-expect-error an event that the lamp does not have
      lamp.emit('exploded');
    });
  });
});

describe('the handlers of a Thing', () => {
  it('get and give what the literal says', () => {
    const handlers: Handlers = {
      initial: { on: true, mode: 'white' },
      read: { power: () => 3, on: async () => true },
      write: {
        level: (level) => Math.round(level),
        on: (on, lamp) => lamp.report('on', on),
        mode: async (mode) => (mode === 'white' ? undefined : mode),
      },
      actions: {
        fade: async ({ level, duration = 0 }, { thing, delay }) => {
          await delay(duration);
          thing.report('level', level);
          return true;
        },
        blink: { timeoutMs: 100, run: () => {} },
      },
    };
    expectTypeOf(handlers).not.toBeAny();
  });

  it('have no other names and types', () => {
    const handlers: Handlers = {
      // @ts-expect-error a value of the wrong type
      initial: { on: 'yes' },
      // @ts-expect-error a value of the wrong type
      read: { power: () => 'much' },
      write: {
        // @ts-expect-error a value of the wrong type is given back
        level: () => 'high',
      },
      actions: {
        // @ts-expect-error an output of the wrong type
        fade: () => 'done',
      },
    };
    const input: Handlers = {
      actions: {
        fade: (given) => {
          // @ts-expect-error a member that the input does not have
          given.speed;
          return true;
        },
        blink: (given) => {
          // @ts-expect-error an action without input
          given.level;
        },
      },
    };
    const readOnly: Handlers = {
      // @ts-expect-error a property that is read-only
      write: { power: () => {} },
    };
    const unknown: Handlers = {
      // @ts-expect-error a property that the lamp does not have
      write: { brightness: () => {} },
      // @ts-expect-error an action that the lamp does not have
      actions: { dance: () => {} },
    };
    expectTypeOf([handlers, input, readOnly, unknown]).not.toBeAny();
  });
});

describe('a literal given to defineThing', () => {
  it('is read without `as const`', () => {
    const lamp = defineThing(
      'urn:dev:lamp',
      {
        title: 'Lamp',
        properties: { on: { type: 'boolean' }, mode: { enum: ['a', 'b'] } },
        actions: { go: { input: { type: 'integer' } } },
      },
      {
        initial: { on: true },
        write: { mode: (mode) => expectTypeOf(mode).toEqualTypeOf<'a' | 'b'>() && undefined },
        actions: { go: (steps) => expectTypeOf(steps).toEqualTypeOf<number>() && undefined },
      },
    );
    expectTypeOf<PropertyValue<typeof lamp.td, 'on'>>().toEqualTypeOf<boolean>();
  });

  it('may not misspell a unit, a type or a term', () => {
    defineThing('urn:dev:lamp', {
      title: 'Lamp',
      properties: {
        // @ts-expect-error a unit that is not known
        level: { type: 'integer', unit: 'percents' },
        // @ts-expect-error a type that does not exist
        on: { type: 'bool' },
        // @ts-expect-error a bound that is not a number
        power: { type: 'number', minimum: '0' },
      },
    });
    defineThing('urn:dev:lamp', {
      title: 'Lamp',
      // @ts-expect-error a unit that is not known, deep inside an action
      actions: { go: { input: { type: 'object', properties: { by: { unit: 'inchs' } } } } },
    });
    defineThing('urn:dev:lamp', { title: 'L', properties: { on: { unit: 'om2:degreeCelsius' } } });
  });

  it('may not have handlers for what it does not offer', () => {
    defineThing(
      'urn:dev:lamp',
      { title: 'Lamp', properties: { power: { type: 'number', readOnly: true } } },
      {
        // @ts-expect-error the property is read-only
        write: { power: () => {} },
        // @ts-expect-error the Thing has no actions
        actions: { dance: () => {} },
      },
    );
    defineThing(
      'urn:dev:lamp',
      { title: 'Lamp', events: { hot: {} } },
      {
        start: (lamp) => {
          lamp.emit('hot');
          // @ts-expect-error an event that the Thing does not have
          lamp.emit('cold');
        },
      },
    );
  });
});

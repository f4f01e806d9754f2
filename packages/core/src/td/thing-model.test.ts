import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../data/json.ts';
import { Problem } from '../problem/problem.ts';
import { resolveThingModel } from './resolve-thing-model.ts';
import { ThingId } from './thing-id.ts';
import { instantiateThingModel, parseThingModel } from './thing-model.ts';

const id = ThingId('urn:dev:lamp-1');
const context = 'https://www.w3.org/2022/wot/td/v1.1';

const lamp = {
  '@context': context,
  '@type': ['tm:ThingModel', 'Light'],
  title: '{{room}} lamp number {{number}}',
  version: { model: '1.2.0' },
  'tm:optional': ['/actions/fade'],
  properties: { level: { type: 'integer', minimum: 0, maximum: '{{max}}' } },
  actions: { fade: {}, blink: {} },
  links: [{ rel: 'manual', href: 'http://example.org/{{room}}' }],
};

const placeholders = { room: 'Kitchen', number: 3, max: 255 };

function refusal(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const fieldsOf = (problem: Problem) => problem.validationErrors?.map(({ field }) => field);

describe('a Thing Model', () => {
  it('may hold a placeholder where its value has another type (TD 1.1, 10.3.4)', () => {
    expect(parseThingModel(lamp)).toBe(lamp);
  });

  it('may leave out what a Thing must have', () => {
    const model = { ...lamp, forms: [{ op: 'readallproperties' }], version: {} };
    expect(parseThingModel(model)).toBe(model);
  });

  it('is refused with everything that is wrong', () => {
    const model = {
      ...lamp,
      '@type': 'Light',
      'tm:optional': ['/actions/dance', 'fade'],
      properties: { level: { type: 'int' } },
    };
    expect(fieldsOf(refusal(() => parseThingModel(model)))?.toSorted()).toEqual([
      '/@type',
      '/properties/level/type',
      '/tm:optional/0',
      '/tm:optional/1',
    ]);
  });

  it.each([[null], [[]], ['tm:ThingModel'], [{ '@type': 'tm:ThingModel' }]])(
    '%j is none',
    (document) => {
      expect(refusal(() => parseThingModel(document as JsonValue)).name).toBe('td-invalid');
    },
  );

  it('becomes a Thing of the right types, with a link to its model', () => {
    const td = instantiateThingModel(parseThingModel(lamp), {
      id,
      placeholders,
      href: 'http://example.org/lamp.tm.jsonld',
      instance: '1.2.0-3',
    });
    expect(td).toMatchObject({
      id,
      '@type': ['Light'],
      title: 'Kitchen lamp number 3',
      version: { instance: '1.2.0-3', model: '1.2.0' },
      properties: { level: { maximum: 255, readOnly: false } },
      links: [
        { rel: 'manual', href: 'http://example.org/Kitchen' },
        { rel: 'type', href: 'http://example.org/lamp.tm.jsonld', type: 'application/tm+json' },
      ],
    });
    expect(Object.keys(td).filter((term) => term.startsWith('tm:'))).toEqual([]);
  });

  it('becomes no Thing while a placeholder has no value', () => {
    const problem = refusal(() => instantiateThingModel(lamp, { id, placeholders: { room: 'a' } }));
    expect(fieldsOf(problem)).toEqual(['/title', '/properties/level/maximum']);
  });

  it('becomes no Thing when a value does not fit its place', () => {
    const wrong = { ...placeholders, max: 'bright' };
    const problem = refusal(() => instantiateThingModel(lamp, { id, placeholders: wrong }));
    expect(fieldsOf(problem)).toEqual(['/properties/level/maximum']);
  });

  it('lets go of an optional affordance and of no other', () => {
    const td = instantiateThingModel(lamp, { id, placeholders, without: ['/actions/fade'] });
    expect(Object.keys(td.actions ?? {})).toEqual(['blink']);
    const problem = refusal(() =>
      instantiateThingModel(lamp, { id, placeholders, without: ['/actions/blink'] }),
    );
    expect(fieldsOf(problem)).toEqual(['/actions/blink']);
  });

  it('of a draft may name what is required instead of what is optional', () => {
    const { 'tm:optional': _, ...rest } = lamp;
    const model = { ...rest, 'tm:required': ['/actions/blink'] };
    const td = instantiateThingModel(model, { id, placeholders, without: ['/actions/fade'] });
    expect(Object.keys(td.actions ?? {})).toEqual(['blink']);
    const without = ['/actions/blink'];
    expect(() => instantiateThingModel(model, { id, placeholders, without })).toThrow(Problem);
  });

  it('becomes no Thing before what it takes from others was put in', () => {
    const model = {
      ...lamp,
      links: [{ rel: 'tm:extends', href: 'base' }],
      properties: { on: { 'tm:ref': 'base#/properties/on' } },
    };
    const problem = refusal(() => instantiateThingModel(model, { id, placeholders }));
    expect(fieldsOf(problem)).toEqual(['/links', '/properties/on/tm:ref']);
  });
});

describe('a Thing Model that takes from others', () => {
  const header = { '@context': context, '@type': 'tm:ThingModel' };
  const library: Readonly<Record<string, JsonValue>> = {
    base: {
      ...header,
      title: 'Base',
      'tm:optional': ['/properties/power'],
      properties: { on: { type: 'boolean', title: 'On' }, power: { type: 'number' } },
    },
    dimmer: {
      ...header,
      links: [{ rel: 'tm:extends', href: 'base' }],
      properties: { level: { type: 'integer', maximum: 100 } },
    },
    left: { ...header, links: [{ rel: 'tm:extends', href: 'right' }] },
    right: { ...header, links: [{ rel: 'tm:extends', href: 'left' }] },
  };
  const resolve = (href: string) => Promise.resolve(library[href] ?? null);

  it('extends them, and what it says itself wins (TD 1.1, 10.3.2)', async () => {
    const model = parseThingModel({
      ...header,
      title: 'Lamp',
      links: [{ rel: 'tm:extends', href: 'dimmer' }],
      properties: { on: { title: 'Light' } },
    });
    const complete = await resolveThingModel(model, resolve);
    expect(complete).toMatchObject({
      title: 'Lamp',
      'tm:optional': ['/properties/power'],
      links: [],
      properties: {
        on: { type: 'boolean', title: 'Light' },
        power: { type: 'number' },
        level: { type: 'integer' },
      },
    });
    expect(instantiateThingModel(complete, { id }).title).toBe('Lamp');
  });

  it('imports single definitions, changes them, and takes members away with null', async () => {
    const model = parseThingModel({
      ...header,
      properties: {
        brightness: { 'tm:ref': 'dimmer#/properties/level', maximum: 255, title: 'B' },
        copy: { 'tm:ref': '#/properties/brightness', title: null },
      },
    });
    expect((await resolveThingModel(model, resolve)).properties).toEqual({
      brightness: { type: 'integer', maximum: 255, title: 'B' },
      copy: { type: 'integer', maximum: 255 },
    });
  });

  it.each([
    ['in circles', { links: [{ rel: 'tm:extends', href: 'left' }] }],
    ['to itself', { properties: { a: { 'tm:ref': '#/properties/a' } } }],
    ['to nothing', { properties: { a: { 'tm:ref': 'base#/properties/none' } } }],
    ['to no place', { properties: { a: { 'tm:ref': 'base' } } }],
    ['to what is no model', { properties: { a: { 'tm:ref': 'unknown#/properties/a' } } }],
    ['nowhere that can be decoded', { properties: { a: { 'tm:ref': '#/%E0%A4%A' } } }],
  ])('is refused when that leads %s', async (_, members) => {
    const model = parseThingModel({ ...header, ...members });
    await expect(resolveThingModel(model, resolve)).rejects.toMatchObject({ name: 'td-invalid' });
  });

  it('is refused when few references would make millions', async () => {
    const level = (next: number) => ({
      oneOf: new Array(10).fill({ 'tm:ref': `#/properties/p${next}` }),
    });
    const entries = Array.from({ length: 10 }, (_, at) => [`p${at}`, at < 9 ? level(at + 1) : {}]);
    const model = parseThingModel({ ...header, properties: Object.fromEntries(entries) });
    await expect(resolveThingModel(model, resolve)).rejects.toThrow(/more than 1000 references/);
  });
});

it('whatever is given as a Thing Model is taken or refused as td-invalid', () =>
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('@type', 'tm:optional', 'tm:required', 'links', 'properties', 'version'),
        fc.oneof(fc.constant('tm:ThingModel'), fc.constant('{{x}}'), fc.jsonValue({ maxDepth: 3 })),
      ),
      fc.jsonValue({ maxDepth: 1 }),
      (members, x) => {
        try {
          const model = parseThingModel({ '@context': context, ...members } as JsonValue);
          instantiateThingModel(model, {
            id,
            placeholders: { x: x as JsonValue },
            without: ['/properties/a'],
          });
        } catch (error) {
          expect(error).toMatchObject({ name: 'td-invalid' });
        }
      },
    ),
  ));

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonValue } from '../data/json.ts';
import { parseJson, tdLimits } from '../data/parse-json.ts';
import { MakeCache } from './makes.ts';
import { parseThingDescription } from './parse.ts';
import { ShapeCache } from './shape.ts';
import { ThingId } from './thing-id.ts';

const lamp = (number: number, rest: object = {}) => ({
  title: `Lamp ${number}`,
  '@type': 'Light',
  id: `urn:dev:lamp-${number}`,
  properties: { on: { type: 'boolean' } },
  ...rest,
});

it('lamps of a make share a shape, and each keeps its own id and title', () => {
  const makes = new MakeCache(new ShapeCache());
  const [one, two] = [1, 2].map((n) =>
    makes.read(JSON.stringify(lamp(n)), ThingId(`urn:dev:lamp-${n}`)),
  );
  expect(two?.shape).toBe(one?.shape);
  expect(JSON.parse(two?.head ?? '')).toMatchObject({ id: 'urn:dev:lamp-2', title: 'Lamp 2' });
});

it('a Thing that differs in anything else is another make', () => {
  const makes = new MakeCache(new ShapeCache());
  const first = makes.read(JSON.stringify(lamp(1)), ThingId('urn:dev:lamp-1'));
  const other = makes.read(JSON.stringify(lamp(2, { '@type': 'Lamp' })), ThingId('urn:dev:lamp-2'));
  expect(JSON.parse(other.head)['@type']).toBe('Lamp');
  expect(other.shape).toBe(first.shape);
  const dimmer = makes.read(
    JSON.stringify(lamp(3, { properties: { on: {} } })),
    ThingId('urn:dev:lamp-3'),
  );
  expect(dimmer.shape).not.toBe(first.shape);
});

it.each([{ id: 'urn:dev:other' }, { title: 7 }, { properties: { on: { type: 'bool' } } }])(
  'a second lamp with %j is refused like a first',
  (wrong) => {
    const makes = new MakeCache(new ShapeCache());
    makes.read(JSON.stringify(lamp(1)), ThingId('urn:dev:lamp-1'));
    expect(() => makes.read(JSON.stringify(lamp(2, wrong)), ThingId('urn:dev:lamp-2'))).toThrow();
  },
);

const names = ['title', 'id', 'description', 'properties', 'actions', 'security', '__proto__', 'x'];
const { document } = fc.letrec<{ document: JsonValue }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<JsonValue>(null, true, 'x', '', 0, 'urn:dev:lamp-1', 'nosec_sc'),
    fc.array(tie('document'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...names), tie('document'), { maxKeys: 4 }),
  ),
}));

/** What is read of a document: its parts as text, or that it is refused. */
function outcome(read: () => { readonly head: string; readonly shape: object }): unknown {
  try {
    const { head, shape } = read();
    return { head, shape };
  } catch (error) {
    return String(error);
  }
}

it('a document is read as it is without the cache, whatever was read before', () => {
  const shapes = new ShapeCache();
  const makes = new MakeCache(shapes);
  const rest = fc.dictionary(fc.constantFrom(...names), document, { maxKeys: 4 });
  return fc.assert(
    fc.property(rest, fc.integer({ min: 1, max: 3 }), fc.boolean(), (rest, number, isNamed) => {
      const id = ThingId(`urn:dev:lamp-${number}`);
      const whole: JsonValue = isNamed ? { ...rest, id, title: `Lamp ${number}` } : rest;
      const plain = outcome(() => shapes.split(parseThingDescription(whole, { id })));
      expect(outcome(() => makes.read(JSON.stringify(whole), id))).toEqual(plain);
      expect(outcome(() => makes.read(JSON.stringify(whole), id))).toEqual(plain);
    }),
    { numRuns: 500 },
  );
});

const snippets = ['"', '\\', ',', ':', '{', '}', '[', ' ', 'x', '\u0001', '\\u0041', '\\ud800'];
const members = ['"id":"urn:dev:lamp-1",', '"title":"b",', '"i\\u0064":1,', '{"title":"c"},'];

it('whatever is put into a text, or cut out of it, it is read as it is without the cache', () => {
  const shapes = new ShapeCache();
  const makes = new MakeCache(shapes);
  const text = JSON.stringify(lamp(1));
  const edits = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: text.length }),
      cut: fc.integer({ min: 0, max: 3 }),
      put: fc.constantFrom('', ...snippets, ...members),
    }),
    { maxLength: 2 },
  );
  const id = ThingId('urn:dev:lamp-1');
  return fc.assert(
    fc.property(edits, (edits) => {
      let edited = text;
      for (const { at, cut, put } of edits)
        edited = edited.slice(0, at) + put + edited.slice(at + cut);
      const plain = outcome(() =>
        shapes.split(parseThingDescription(parseJson(edited, tdLimits), { id })),
      );
      expect(outcome(() => makes.read(text, id))).toMatchObject({ shape: {} });
      expect(outcome(() => makes.read(edited, id))).toEqual(plain);
      expect(outcome(() => makes.read(edited, id))).toEqual(plain);
    }),
    { numRuns: 2_000 },
  );
});

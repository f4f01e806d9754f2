import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonValue } from '../data/json.ts';
import { parseThingDescription } from './parse.ts';
import { ShapeCache } from './shape.ts';
import { ThingId } from './thing-id.ts';
import { fromWebThing, toWebThing } from './webthing.ts';

const id = ThingId('urn:dev:ops:my-lamp-1234');

const lamp = parseThingDescription(
  {
    title: 'My Lamp',
    '@type': ['OnOffSwitch', 'Light'],
    description: 'A web connected lamp',
    properties: {
      on: { '@type': 'OnOffProperty', title: 'On/Off', type: 'boolean' },
      brightness: { type: 'integer', minimum: 0, maximum: 100, unit: 'percent', readOnly: true },
    },
    actions: { fade: { input: { type: 'object' } } },
    events: {
      overheated: { description: 'Hot', data: { type: 'number', unit: 'degree celsius' } },
    },
    links: [{ rel: 'manual', href: 'http://example.org/manual' }],
  },
  { id },
);

const served = { href: `/webthings/${id}`, wsHref: `ws://host/webthings/${id}` };

it('the lamp in the WebThings dialect is what its clients know', () => {
  const path = `/webthings/${id}`;
  expect(toWebThing(lamp, { ...served, base: 'http://host/' })).toEqual({
    '@context': 'https://webthings.io/schemas',
    id,
    title: 'My Lamp',
    '@type': ['OnOffSwitch', 'Light'],
    description: 'A web connected lamp',
    base: 'http://host/',
    security: 'nosec_sc',
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
    properties: {
      on: {
        '@type': 'OnOffProperty',
        title: 'On/Off',
        type: 'boolean',
        links: [{ rel: 'property', href: `${path}/properties/on` }],
      },
      brightness: {
        type: 'integer',
        minimum: 0,
        maximum: 100,
        unit: 'percent',
        readOnly: true,
        links: [{ rel: 'property', href: `${path}/properties/brightness` }],
      },
    },
    actions: {
      fade: {
        input: { type: 'object' },
        links: [{ rel: 'action', href: `${path}/actions/fade` }],
      },
    },
    events: {
      overheated: {
        description: 'Hot',
        type: 'number',
        unit: 'degree celsius',
        links: [{ rel: 'event', href: `${path}/events/overheated` }],
      },
    },
    links: [
      { rel: 'properties', href: `${path}/properties` },
      { rel: 'actions', href: `${path}/actions` },
      { rel: 'events', href: `${path}/events` },
      { rel: 'alternate', href: `ws://host${path}` },
      { rel: 'manual', href: 'http://example.org/manual' },
    ],
  });
});

it('a Thing without affordances and without security still has what old clients read', () => {
  const { shape, head } = new ShapeCache().split(parseThingDescription({}, { id }));
  const document = toWebThing({ ...JSON.parse(head), ...JSON.parse(shape.affordances) }, served);
  expect(document).toMatchObject({
    properties: {},
    actions: {},
    events: {},
    security: 'nosec_sc',
    securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
  });
});

it('the name of an affordance is escaped in its link', () => {
  const td = parseThingDescription({ properties: { 'a/b c': {} } }, { id });
  expect(toWebThing(td, served).properties).toEqual({
    'a/b c': { links: [{ rel: 'property', href: `${served.href}/properties/a%2Fb%20c` }] },
  });
});

it('a document of the old gateway is understood', () => {
  const td = fromWebThing(
    {
      '@context': 'https://iot.mozilla.org/schemas',
      name: 'WoT Pi',
      type: 'thing',
      href: '/things/pi',
      properties: {
        temperature: { label: 'Heat', type: 'number', min: -20, max: 50, href: '/t' },
      },
      actions: { reboot: { description: 'Reboot', href: '/actions/reboot' } },
      events: { hot: { type: 'number', unit: 'celsius', min: 0 } },
      links: [{ rel: 'properties', href: '/things/pi/properties', mediaType: 'application/json' }],
    },
    ThingId('urn:dev:pi'),
  );
  expect(td).toMatchObject({
    id: 'urn:dev:pi',
    title: 'WoT Pi',
    properties: { temperature: { title: 'Heat', type: 'number', minimum: -20, maximum: 50 } },
    actions: { reboot: { description: 'Reboot' } },
    events: { hot: { data: { type: 'number', unit: 'celsius', minimum: 0 } } },
  });
  expect(td).not.toHaveProperty('links');
  expect(td).not.toHaveProperty('type');
});

it.each([[null], [[]], [{}], [{ id: 'lamp' }], [{ id, properties: { on: { type: 'bool' } } }]])(
  '%j is refused as td-invalid',
  (document) => {
    expect(() => fromWebThing(document)).toThrow(expect.objectContaining({ name: 'td-invalid' }));
  },
);

const words = fc.string({ maxLength: 8 });
const names = fc.constantFrom('on', 'level', 'a/b', 'constructor', 'Größe');
const schema = fc.record(
  {
    type: fc.constantFrom('boolean', 'integer', 'number', 'string'),
    unit: words,
    minimum: fc.constantFrom(0, -1),
    enum: fc.uniqueArray(fc.jsonValue({ maxDepth: 1 }), {
      minLength: 1,
      selector: (one) => JSON.stringify(one),
    }),
    'iot:Custom': fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: ['type'] },
);
const described = { title: words, description: words, '@type': fc.array(words) };
const flags = fc.boolean();

const things = fc.record(
  {
    title: fc.string({ minLength: 1 }),
    description: words,
    support: words,
    properties: fc.dictionary(
      names,
      fc
        .tuple(
          schema,
          fc.record({ ...described, readOnly: flags, observable: flags }, { requiredKeys: [] }),
        )
        .map(([data, more]) => ({ ...data, ...more })),
    ),
    actions: fc.dictionary(
      names,
      fc.record(
        { ...described, input: schema, output: schema, safe: flags, synchronous: flags },
        { requiredKeys: [] },
      ),
    ),
    events: fc.dictionary(
      names,
      fc.record({ ...described, data: schema, subscription: schema }, { requiredKeys: [] }),
    ),
    links: fc.array(fc.record({ href: words, rel: fc.constantFrom('manual', 'icon') }), {
      minLength: 1,
    }),
  },
  { requiredKeys: ['properties', 'actions', 'events'] },
);

it('a Thing Description survives the way into the dialect and back', () =>
  fc.assert(
    fc.property(things, (thing) => {
      const td = parseThingDescription(thing as JsonValue, { id });
      expect(fromWebThing(toWebThing(td, served))).toEqual(td);
    }),
  ));

it('whatever is given as a Web Thing is read or refused as td-invalid', () =>
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('id', 'properties', 'events', 'links', 'security', 'name', '@context'),
        fc.jsonValue({ maxDepth: 3 }),
      ),
      (document) => {
        try {
          fromWebThing(document as JsonValue, id);
        } catch (error) {
          expect(error).toMatchObject({ name: 'td-invalid' });
        }
      },
    ),
  ));

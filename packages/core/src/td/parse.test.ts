import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../data/json.ts';
import { Problem } from '../problem/problem.ts';
import { type ParseOptions, parseThingDescription, tdContexts } from './parse.ts';
import { ThingId } from './thing-id.ts';

const lampId = ThingId('urn:dev:ops:my-lamp-1234');

const complete = {
  '@context': 'https://www.w3.org/2019/wot/td/v1',
  id: lampId,
  title: 'My Lamp',
  security: 'basic_sc',
  securityDefinitions: { basic_sc: { scheme: 'basic' } },
  properties: { on: { type: 'boolean', forms: [{ href: '/on' }] } },
  actions: { fade: { forms: [{ href: '/fade' }] } },
  events: { hot: { data: { type: 'number' }, forms: [{ href: '/hot' }] } },
};

function refusalOf(document: JsonValue, options: ParseOptions = {}): Problem {
  try {
    parseThingDescription(document, options);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function fieldsOf(document: JsonValue, options?: ParseOptions): readonly string[] {
  return (refusalOf(document, options).validationErrors ?? []).map(({ field }) => field);
}

describe('a complete Thing Description', () => {
  it('of TD 1.0 has its defaults written out (TD 1.1, 5.4)', () => {
    const td = parseThingDescription(complete);
    expect(td.properties?.on).toEqual({
      type: 'boolean',
      readOnly: false,
      writeOnly: false,
      observable: false,
      forms: [
        { href: '/on', contentType: 'application/json', op: ['readproperty', 'writeproperty'] },
      ],
    });
    expect(td.actions?.fade).toMatchObject({
      safe: false,
      idempotent: false,
      forms: [{ op: ['invokeaction'] }],
    });
    expect(td.events?.hot?.forms?.[0]?.op).toEqual(['subscribeevent', 'unsubscribeevent']);
    expect(td.securityDefinitions.basic_sc).toEqual({ scheme: 'basic', in: 'header' });
  });

  it.each([
    [{ readOnly: true }, ['readproperty']],
    [{ writeOnly: true }, ['writeproperty']],
  ])('gives the form of a property that is %j the op %j', (access, op) => {
    const properties = { on: { ...access, forms: [{ href: 'on' }] } };
    const td = parseThingDescription({ ...complete, properties });
    expect(td.properties?.on?.forms?.[0]?.op).toEqual(op);
  });

  it('claims nothing about whether an action is synchronous', () => {
    expect(parseThingDescription(complete).actions?.fade).not.toHaveProperty('synchronous');
  });

  it('writes out the defaults of additional responses from their form', () => {
    const form = { href: 'on', contentType: 'text/plain', additionalResponses: [{ schema: 'e' }] };
    const td = parseThingDescription({ ...complete, properties: { on: { forms: [form] } } });
    expect(td.properties?.on?.forms?.[0]?.additionalResponses).toEqual([
      { success: false, contentType: 'text/plain', schema: 'e' },
    ]);
  });

  it('keeps what it does not know', () => {
    const td = parseThingDescription({
      ...complete,
      'saref:x': [1],
      properties: { on: { ...complete.properties.on, 'iot:y': { z: null } } },
    });
    expect(td['saref:x']).toEqual([1]);
    expect(td.properties?.on).toMatchObject({ 'iot:y': { z: null } });
  });

  it('is refused with everything that is wrong, each at its place', () => {
    const document = {
      '@context': 'https://example.org',
      id: 'lamp',
      titles: { 'en-GB': 'Lamp', 'not a tag': 'x' },
      security: 'other_sc',
      securityDefinitions: { nosec_sc: {} },
      properties: {
        on: { type: 'bool', minimum: 2, maximum: 1, forms: [{ op: 'invokeaction' }] },
        'a/b': { readOnly: 'yes', forms: [] },
      },
      actions: { go: { input: { pattern: '(' } } },
      created: 'yesterday',
    };
    expect(fieldsOf(document).toSorted()).toEqual([
      '/@context',
      '/actions/go/forms',
      '/actions/go/input/pattern',
      '/created',
      '/id',
      '/properties/a~1b/forms',
      '/properties/a~1b/readOnly',
      '/properties/on/forms/0/href',
      '/properties/on/forms/0/op',
      '/properties/on/minimum',
      '/properties/on/type',
      '/security',
      '/securityDefinitions/nosec_sc/scheme',
      '/title',
      '/titles/not a tag',
    ]);
  });

  it('is refused in sentences that hold the offending value', () => {
    const problem = refusalOf({ ...complete, title: 7 });
    expect(problem.name).toBe('td-invalid');
    expect(problem.detail).toBe(
      'the Thing Description at /title: 7 is not a text with something in it',
    );
  });

  it.each([[null], ['a'], [[]], [3]])('%j is none', (document) => {
    expect(fieldsOf(document as JsonValue)).toContain('');
  });

  it('may name only schemes that it defines, in its forms too, and at least one', () => {
    const on = { forms: [{ href: 'on', security: ['other_sc'] }] };
    expect(fieldsOf({ ...complete, properties: { on } })).toEqual([
      '/properties/on/forms/0/security',
    ]);
    expect(fieldsOf({ ...complete, security: [] })).toEqual(['/security']);
  });

  it('is no Thing Model', () => {
    expect(fieldsOf({ ...complete, '@type': 'tm:ThingModel' })).toEqual(['/@type']);
    expect(fieldsOf({ '@type': ['tm:ThingModel'] }, { id: lampId })).toEqual(['/@type']);
  });

  it('must have an op in each form of the Thing itself', () => {
    expect(fieldsOf({ ...complete, forms: [{ href: '/' }] })).toEqual(['/forms/0/op']);
  });

  it('of which a property is both readOnly and writeOnly is refused', () => {
    const on = { ...complete.properties.on, readOnly: true, writeOnly: true };
    expect(fieldsOf({ ...complete, properties: { on } })).toEqual(['/properties/on']);
  });
});

describe('a Thing Description from the bus', () => {
  it('needs nothing but to be an object', () => {
    expect(parseThingDescription({}, { id: lampId })).toEqual({
      '@context': [...tdContexts],
      id: lampId,
      title: 'my-lamp-1234',
      security: 'nosec_sc',
      securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
    });
  });

  it('runs its actions asynchronously unless it says otherwise', () => {
    const td = parseThingDescription(
      { actions: { a: {}, b: { synchronous: true } } },
      { id: lampId },
    );
    expect(td.actions).toMatchObject({ a: { synchronous: false }, b: { synchronous: true } });
  });

  it('keeps its other contexts after those of the standard', () => {
    const other = { saref: 'https://saref.etsi.org/core/' };
    const td = parseThingDescription({ '@context': [other, tdContexts[1]] }, { id: lampId });
    expect(td['@context']).toEqual([...tdContexts, other]);
  });

  it('is refused when its id says otherwise than its topic', () => {
    const problem = refusalOf({ id: 'urn:dev:other' }, { id: lampId });
    expect(problem.validationErrors).toEqual([
      {
        field: '/id',
        description: `'urn:dev:other' is not the id '${lampId}' that its topic stands for`,
      },
    ]);
  });

  it.each(['', '$', '__proto__', '.', '..', 'a\0b', 'x'.repeat(129), '\ud800'])(
    'is refused with an affordance called %j',
    (name) => {
      for (const kind of ['properties', 'actions', 'events']) {
        const document = { [kind]: Object.fromEntries([[name, {}]]) };
        expect(fieldsOf(document, { id: lampId })).toHaveLength(1);
      }
    },
  );

  it.each([
    'constructor',
    'toString',
    '...',
    '.a',
    '%2e',
    'a/b',
    'a+b#',
    '%2F',
    'Größe 1',
    'x'.repeat(128),
  ])('may have an affordance called %j', (name) => {
    const td = parseThingDescription({ properties: { [name]: {} } }, { id: lampId });
    expect(Object.keys(td.properties ?? {})).toEqual([name]);
  });
});

describe('whatever is given as a Thing Description', () => {
  const member = fc.constantFrom(
    ...['id', 'title', 'properties', 'actions', 'forms', 'security', 'links', '__proto__'],
    ...['type', 'input', 'items', 'enum', 'pattern', 'op', 'href', '@context', 'version', 'titles'],
  );
  const { document } = fc.letrec<{ document: JsonValue }>((tie) => ({
    document: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<JsonValue>(null, true, 1, 'x', 'string', '('),
      fc.array(tie('document'), { maxLength: 3 }),
      fc.dictionary(member, tie('document'), { maxKeys: 5 }),
    ),
  }));

  it('is parsed or refused as td-invalid, and never changed', () =>
    fc.assert(
      fc.property(document, fc.boolean(), (document, onBus) => {
        const before = JSON.stringify(document);
        try {
          parseThingDescription(document, onBus ? { id: lampId } : {});
        } catch (error) {
          expect((error as Problem).name).toBe('td-invalid');
        }
        expect(JSON.stringify(document)).toBe(before);
      }),
    ));

  const taken = ['$', '__proto__', '.', '..'];
  const usable = fc
    .string({ minLength: 1, maxLength: 128 })
    .filter((name) => !taken.includes(name) && !name.includes('\0'));

  it('parses to itself once it was parsed', () =>
    fc.assert(
      fc.property(fc.dictionary(usable, fc.constant({})), (properties) => {
        const td = parseThingDescription({ properties, actions: properties }, { id: lampId });
        expect(parseThingDescription(td as JsonValue, { id: lampId })).toEqual(td);
      }),
    ));
});

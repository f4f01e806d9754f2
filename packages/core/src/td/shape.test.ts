import { expect, it } from 'vitest';
import { parseThingDescription } from './parse.ts';
import { affordancesOf, ShapeCache } from './shape.ts';
import { ThingId } from './thing-id.ts';

function lamp(number: number, more: object = {}) {
  return parseThingDescription(
    {
      description: `Lamp ${number}`,
      base: 'http://lamp.local/',
      forms: [{ href: '/', op: 'readallproperties' }],
      properties: {
        on: { type: 'boolean', forms: [{ href: 'on' }] },
        power: { type: 'number', readOnly: true, observable: true },
      },
      actions: { fade: { input: { type: 'integer' }, synchronous: true }, blink: {} },
      events: { hot: {} },
      ...more,
    },
    { id: ThingId(`urn:lamp:${number}`) },
  );
}

it('Things of one make share one shape', () => {
  const shapes = new ShapeCache();
  expect(shapes.split(lamp(1)).shape).toBe(shapes.split(lamp(2)).shape);
  expect(shapes.split(lamp(3, { events: {} })).shape).not.toBe(shapes.split(lamp(1)).shape);
});

it("the head keeps what is the Thing's own, without affordances, forms, base and security", () => {
  const head = JSON.parse(new ShapeCache().split(lamp(1)).head);
  expect(Object.keys(head).toSorted()).toEqual(['@context', 'description', 'id', 'title']);
});

it('a shape knows what each affordance is like', () => {
  const { shape } = new ShapeCache().split(lamp(1));
  expect(shape.properties.get('on')).toEqual({
    name: 'on',
    place: 0,
    readOnly: false,
    writeOnly: false,
    observable: false,
  });
  expect(shape.properties.get('power')).toMatchObject({ readOnly: true, observable: true });
  expect(shape.actions.get('fade')).toEqual({
    name: 'fade',
    synchronous: true,
    idempotent: false,
    hasInput: true,
    hasOutput: false,
  });
  expect([...shape.events.keys()]).toEqual(['hot']);
  expect(shape.properties.get('constructor')).toBeUndefined();
});

it('head and affordances together are the Thing Description without forms', () => {
  const { head, shape } = new ShapeCache().split(lamp(1));
  const affordances = affordancesOf(shape);
  expect(affordances.properties?.on).not.toHaveProperty('forms');
  const { forms, base, ...td } = lamp(1, { properties: { on: { type: 'boolean' } } });
  expect({ ...JSON.parse(head), ...affordances }).toMatchObject({
    title: td.title,
    actions: td.actions,
    events: td.events,
  });
});

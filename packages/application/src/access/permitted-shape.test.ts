import {
  openAccess,
  type Right,
  ShapeCache,
  type ThingDescription,
  ThingId,
} from '@thingtalk/core';
import { MemoryGuard, type TestGrant } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PermittedShape, PermittedShapes } from './permitted-shape.ts';

const id = ThingId('urn:dev:lamp');
const td = {
  title: 'Lamp',
  properties: {
    on: { type: 'boolean' },
    level: { type: 'integer', observable: true },
    power: { type: 'number', readOnly: true },
    pin: { type: 'string', writeOnly: true },
  },
  actions: { fade: {}, blink: {} },
  events: { hot: {} },
} as unknown as ThingDescription;
const { shape } = new ShapeCache().split(td);
const names = { on: 1, level: 1, power: 1, pin: 1, fade: 1, blink: 1, hot: 1 };

const grants: fc.Arbitrary<readonly TestGrant[]> = fc.array(
  fc.record({
    right: fc.constantFrom<Right>('read', 'write', 'observe', 'invoke', 'subscribe', 'manage'),
    thing: fc.constant(id),
    affordance: fc.constantFrom(...Object.keys(names)),
  }),
);

const accessWith = (some: readonly TestGrant[]) => new MemoryGuard().let('somebody', some);

it('shows exactly the affordances with which something may be done, and how', () => {
  void fc.assert(
    fc.property(grants, (some) => {
      const access = accessWith(some);
      const permitted = new PermittedShapes().of(shape, id, access);
      for (const [name, { readOnly, writeOnly }] of shape.properties) {
        const reads = !writeOnly && access.may('read', id, name);
        const writes = !readOnly && access.may('write', id, name);
        const observes = !writeOnly && access.may('observe', id, name);
        const shown = permitted.properties.get(name);
        expect(shown !== undefined).toBe(reads || writes || observes);
        if (shown === undefined) continue;
        expect(shown.readOnly).toBe(!writes);
        expect(shown.writeOnly).toBe(!reads && !observes);
        if (!(permitted instanceof PermittedShape)) continue;
        expect(permitted.allows('readproperty', name)).toBe(reads);
        expect(permitted.allows('writeproperty', name)).toBe(writes);
        expect(permitted.allows('observeproperty', name)).toBe(observes);
      }
      for (const name of shape.actions.keys()) {
        expect(permitted.actions.has(name)).toBe(access.may('invoke', id, name));
      }
      for (const name of shape.events.keys()) {
        expect(permitted.events.has(name)).toBe(access.may('subscribe', id, name));
      }
      const text = JSON.parse(permitted.affordances);
      expect(Object.keys(text.properties)).toEqual([...permitted.properties.keys()]);
    }),
  );
});

it('whoever may do the same shares a shape, and whoever may do everything has the Thing’s own', () => {
  const shapes = new PermittedShapes();
  expect(shapes.of(shape, id, openAccess)).toBe(shape);
  void fc.assert(
    fc.property(grants, (some) => {
      const one = shapes.of(shape, id, accessWith(some));
      expect(shapes.of(shape, id, accessWith(some.toReversed()))).toBe(one);
    }),
  );
});

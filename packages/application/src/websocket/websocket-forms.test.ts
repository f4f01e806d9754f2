import type { ThingId, ThingShape } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { websocketForms } from './websocket-forms.ts';

const context = {
  id: 'urn:dev:lamp' as ThingId,
  level: 'urn:dev:lamp',
  segment: 'urn:dev:lamp',
  base: 'https://gateway.local',
};
const shape = (properties: number, actions: number, events: number): ThingShape => ({
  affordances: '{}',
  properties: new Map(Array.from({ length: properties }, (_, at) => [`${at}`, property])),
  actions: new Map(Array.from({ length: actions }, (_, at) => [`${at}`, { ...action }])),
  events: new Map(Array.from({ length: events }, (_, at) => [`${at}`, { name: `${at}` }])),
});
const property = { name: 'on', place: 0, readOnly: false, writeOnly: false, observable: true };
const action = {
  name: 'fade',
  synchronous: false,
  idempotent: false,
  hasInput: true,
  hasOutput: false,
};

test('a form names a ws or wss URL and the subprotocol', () => {
  expect(websocketForms.propertyForms(context, property)).toEqual([
    {
      href: 'wss://gateway.local/ws',
      op: ['readproperty', 'observeproperty', 'unobserveproperty', 'writeproperty'],
      contentType: 'application/json',
      subprotocol: 'webthingprotocol',
    },
  ]);
});

test('operations are named only where the Thing has what they are about', () => {
  const opOf = (...counts: [number, number, number]) =>
    websocketForms.thingForms(context, shape(...counts)).flatMap(({ op }) => op);
  expect(opOf(0, 0, 0)).toEqual([]);
  expect(opOf(0, 1, 0)).toEqual(['queryallactions']);
  expect(opOf(0, 0, 1)).toEqual(['subscribeallevents', 'unsubscribeallevents']);
  expect(opOf(1, 0, 0)).toContain('observeallproperties');
});

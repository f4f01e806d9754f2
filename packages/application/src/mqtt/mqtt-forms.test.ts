import type { FormContext, ThingId } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { besideHttp, mqttForms } from './mqtt-forms.ts';

const forms = mqttForms({ brokerOf: besideHttp(1883) });
const context = (id: string, level: string): FormContext => ({
  id: id as ThingId,
  level,
  segment: encodeURIComponent(id),
  base: 'http://192.168.1.5:8080',
});
const lamp = context('urn:dev:lamp', 'urn:dev:lamp');
const property = { name: 'on', place: 0, readOnly: false, writeOnly: false, observable: true };

test('a property is read and observed on its topic, and written on another', () => {
  expect(forms.propertyForms(lamp, property)).toEqual([
    {
      href: 'mqtt://192.168.1.5:1883/things/urn:dev:lamp/properties/on',
      op: ['readproperty', 'observeproperty'],
      contentType: 'application/json',
      'mqv:controlPacket': 'subscribe',
      'mqv:filter': 'things/urn:dev:lamp/properties/on',
      'mqv:qos': '0',
      'mqv:retain': true,
    },
    expect.objectContaining({ op: ['unobserveproperty'], 'mqv:controlPacket': 'unsubscribe' }),
    expect.objectContaining({
      href: 'mqtt://192.168.1.5:1883/things/urn:dev:lamp/properties/on/set',
      op: ['writeproperty'],
      'mqv:controlPacket': 'publish',
      'mqv:topic': 'things/urn:dev:lamp/properties/on/set',
      'mqv:retain': false,
    }),
  ]);
});

test('what cannot be written has no form to write, and what cannot be read none to read', () => {
  const ops = (shape: Partial<typeof property>) =>
    forms.propertyForms(lamp, { ...property, ...shape }).flatMap(({ op }) => op);
  expect(ops({ readOnly: true })).not.toContain('writeproperty');
  expect(ops({ writeOnly: true })).toEqual(['writeproperty']);
});

test('an href percent-encodes the topic once more, so that its path decodes to the topic', () => {
  const far = context('https://example.com/lamp', 'https:%2F%2Fexample.com%2Flamp');
  const [form] = forms.eventForms(far, { name: 'what? a+b/c#d é' });
  const { pathname } = new URL(form?.href ?? '');
  expect(decodeURIComponent(pathname.slice(1))).toBe(form?.['mqv:filter']);
  expect(form?.['mqv:filter']).toBe(
    'things/https:%2F%2Fexample.com%2Flamp/events/what? a%2Bb%2Fc%23d é',
  );
});

test('where no broker can be reached there are no forms', () => {
  const none = mqttForms({ brokerOf: () => undefined });
  expect(none.propertyForms(lamp, property)).toEqual([]);
});

import { expect, it } from 'vitest';
import { MakeText } from './make-text.ts';

const lamp = '{"title":"Lamp 1","x":{"id":"inner","title":"t"},"id":"urn:1","on":[true]}';

it('another of a make is known by what stands around id and title', () => {
  const make = MakeText.of(lamp);
  const other = lamp.replace('Lamp 1', 'Lämp 22').replace('urn:1', 'urn:22');
  expect(make?.titleIn(other, 'urn:22')).toBe('Lämp 22');
  expect(make?.titleIn(other, 'urn:2')).toBeUndefined();
  expect(make?.with('urn:22', 'Lämp 22')).toBe(other);
});

it.each([
  lamp.replace('true', 'false'),
  lamp.replace('inner', 'other'),
  lamp.replace('"Lamp 1"', '7'),
  lamp.replace('Lamp 1', 'Lamp \\u0031'),
  lamp.replace('"x":', '"y":1,"x":'),
  `${lamp} `,
  lamp.slice(0, -1),
  '{"title":"Lamp 1"',
])('%s is of another make', (other) => {
  expect(MakeText.of(lamp)?.titleIn(other, 'urn:1')).toBeUndefined();
});

it.each([
  '{"title":"a"}',
  '{"id":"urn:1","title":1}',
  '{"id":"urn:1","title":"a","title":"b"}',
  '{"id":"urn:1","title":"a","t\\u0069tle":"b"}',
  '{"id":"urn:1","title":"a\\n"}',
  '{"x":{"id":"urn:1"},"title":"a"}',
  '["id","title"]',
])('%s cannot be cut', (text) => {
  expect(MakeText.of(text)).toBeUndefined();
});

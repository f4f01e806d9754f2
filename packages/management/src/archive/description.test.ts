import { isJsonObject, type JsonValue, type ThingRecord } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { descriptionOf, readDescription, readDescriptionText } from './description.ts';

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(',"td":{', '"', '\\'));
const td = fc.dictionary(name, fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)));
const history = fc.record({ created: fc.nat(), modified: fc.nat(), version: fc.nat() });
const kept = fc
  .tuple(name, fc.boolean(), td, history)
  .map(([level, answers, td, history]) =>
    descriptionOf({ level, answers, td } as unknown as ThingRecord, history),
  );
/** As other programs kept it: in another order, or without some of it. */
const others = kept.chain((value) =>
  fc
    .shuffledSubarray(Object.entries(value))
    .map((members) => Object.fromEntries(members) as unknown as JsonValue),
);

const document = {
  ...{ collection: 'descriptions of here', key: 'urn:dev:lamp', author: 'bus' },
  ...{ version: 3, time: 5, place: 7 },
};

function bothWays(value: JsonValue) {
  const description = readDescription({ ...document, value });
  const { td, ...rest } = description ?? {};
  const text = readDescriptionText({ ...document, text: JSON.stringify(value) });
  return [text, description && { ...rest, text: JSON.stringify(td) }];
}

test('a description is the same whether it is read, or its own words are cut out of the text', async () => {
  await fc.assert(
    fc.property(fc.oneof(kept, others, fc.jsonValue()), (value) => {
      const [cut, read] = bothWays(JSON.parse(JSON.stringify(value)));
      expect(cut).toEqual(read);
    }),
  );
});

test('what is kept of a Thing can be cut out', async () => {
  await fc.assert(
    fc.property(kept, (value) => {
      const text = JSON.stringify(value);
      const own = readDescriptionText({ ...document, text })?.text ?? '';
      expect(isJsonObject(JSON.parse(own))).toBe(true);
      expect(text).toContain(own);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idOfLevel, isUri, ThingId, topicLevel } from './thing-id.ts';

const tail = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'%/+#$:?&=@!~-._ab1', '%2F', '%25', '%E4', 'ü', '😀'),
      fc.string({ unit: 'grapheme', maxLength: 2 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const ids = fc
  .tuple(fc.constantFrom('urn:', 'urn:thing:', 'http://h/', 'x:', 'urn:dev:ops:'), tail)
  .map(([scheme, rest]) => scheme + rest)
  .filter((text) => isUri(text) && text.length <= 200)
  .map(ThingId);

describe('a Thing id', () => {
  it('stands on the bus as it is where it can', () => {
    const id = ThingId('urn:dev:ops:my-lamp-1234');
    expect(topicLevel(id)).toBe('urn:dev:ops:my-lamp-1234');
    expect(idOfLevel('urn:dev:ops:my-lamp-1234')).toBe(id);
  });

  it('has what a topic level cannot hold percent-encoded', () => {
    expect(topicLevel(ThingId('http://h/a+b#c%2F'))).toBe('http:%2F%2Fh%2Fa%2Bb%23c%252F');
  });

  it('comes back from its topic level', () =>
    fc.assert(
      fc.property(ids, (id) => {
        expect(idOfLevel(topicLevel(id))).toBe(id);
      }),
    ));

  it('shares its topic level with no other', () =>
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        expect(topicLevel(one) === topicLevel(other)).toBe(one === other);
      }),
    ));

  it('makes one level without wildcards', () =>
    fc.assert(
      fc.property(ids, (id) => {
        expect(topicLevel(id)).not.toMatch(/[/+#\0]|^\$/);
      }),
    ));

  it.each(['lamp', '', 'urn:', ':x', '1:x', 'urn:a b', 'urn:a\0', 'urn:a\nb', 'urn:\ud800'])(
    '%j is none',
    (text) => {
      expect(() => ThingId(text)).toThrow(
        expect.objectContaining({ name: 'data-schema-mismatch' }),
      );
    },
  );

  it('has at most 200 characters', () => {
    expect(ThingId(`urn:${'x'.repeat(196)}`)).toHaveLength(200);
    expect(() => ThingId(`urn:${'x'.repeat(197)}`)).toThrow(/201 characters/);
  });
});

describe('a topic level', () => {
  it('that is no URI stands for a bare thing', () => {
    expect(idOfLevel('lamp')).toBe('urn:thing:lamp');
    expect(idOfLevel('living room')).toBe('urn:thing:living%20room');
  });

  it('without a sensible id behind it stands for nothing', () => {
    expect(idOfLevel('')).toBeUndefined();
    expect(idOfLevel('%')).toBeUndefined();
    expect(idOfLevel('%E4')).toBeUndefined();
    expect(idOfLevel('x'.repeat(300))).toBeUndefined();
  });

  it('of any kind stands for a valid id or nothing', () =>
    fc.assert(
      fc.property(fc.oneof(tail, fc.string({ unit: 'binary' })), (level) => {
        const id = idOfLevel(level);
        if (id !== undefined) expect(ThingId(id)).toBe(id);
      }),
    ));
});

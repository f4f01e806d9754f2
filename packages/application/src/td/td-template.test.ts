import { type ThingId, topicLevel } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HoleMarks, TdTemplate } from './td-template.ts';
import { encodeSegment, thingSegment } from './thing-path.ts';

const marks = new HoleMarks();

const membersFor = (level: string, segment: string) => ({
  level,
  segment,
  forms: [
    { href: `mqtt://broker/things/${encodeSegment(level)}/td`, filter: `things/${level}/td` },
  ],
  base: `http://here/${segment}/`,
  encoded: encodeSegment(segment),
});

test('a TD is the same whether it is made of a template or for the Thing alone', async () => {
  const template = TdTemplate.of(membersFor(marks.level, marks.segment), marks);
  const id = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.stringMatching(/^urn:[\w!'()*.:~-]+$/),
    fc.stringMatching(/^urn:[%"\\ #/ä$&-]+$/),
  );
  await fc.assert(
    fc.property(id, (id) => {
      const level = topicLevel(id as ThingId);
      const filled = template.fill({ id: id as ThingId, level }, JSON.stringify({ id }));
      const members = membersFor(level, thingSegment(id as ThingId));
      expect(filled).toBe(JSON.stringify({ id, ...members }));
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThingId } from '../td/thing-id.ts';
import { naiveMatch } from '../testing/naive-match.ts';
import { checkFilter, checkTopic } from './topic-rules.ts';
import { commands, Topics } from './topics.ts';

const id = fc
  .string({ unit: fc.constantFrom(...'abz:/+#%$.-é灯'), minLength: 1, maxLength: 20 })
  .map((text) => ThingId(`urn:${text.replace(/^:+/, 'x')}x`));
const prefix = fc.constantFrom('', '/', 'site-a', 'a/b/');
const part = fc.constantFrom(
  'td',
  'values',
  'event',
  'action',
  'status',
  'stored',
  'error',
  ...commands,
);

test('a topic names its Thing and its part, whatever the id and the prefix', () => {
  void fc.assert(
    fc.property(id, prefix, part, (id, prefix, part) => {
      const topics = new Topics(prefix);
      const topic = topics.of(id, part);
      checkTopic(topic);
      expect(topics.parse(topic)).toMatchObject({ id, part, rest: [] });
      expect(naiveMatch(topics.every(part), topic)).toBe(true);
    }),
  );
});

test('the filter of a command takes it with and without an address for the answer', () => {
  void fc.assert(
    fc.property(id, prefix, fc.constantFrom(...commands), (id, prefix, command) => {
      const topics = new Topics(prefix);
      const filter = topics.commands(id, command);
      checkFilter(filter);
      const request = `${topics.of(id, command)}/gate-1f/7`;
      expect(naiveMatch(filter, request)).toBe(true);
      expect(naiveMatch(filter, topics.of(id, command))).toBe(true);
      expect(topics.parse(request)?.rest).toEqual(['gate-1f', '7']);
    }),
  );
});

test('what is not below the root is none of ours', () => {
  const topics = new Topics('site-a');
  for (const topic of ['things/a/td', 'site-a/thing/a/td', '', 'site-a/things//td'])
    expect(topics.parse(topic)).toBeUndefined();
});

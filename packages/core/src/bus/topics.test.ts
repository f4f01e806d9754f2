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

test('a request and its answer carry the address, and fit the filters of those who wait for them', () => {
  void fc.assert(
    fc.property(id, prefix, fc.constantFrom(...commands), (id, prefix, command) => {
      const topics = new Topics(prefix);
      const to = { requester: 'gate-1f', n: '7' };
      const request = topics.request(id, command, to);
      const reply = topics.reply(id, to);
      for (const topic of [request, reply]) checkTopic(topic);
      for (const filter of [topics.commands(id, command), topics.replies('gate-1f')])
        checkFilter(filter);
      expect(naiveMatch(topics.commands(id, command), request)).toBe(true);
      expect(naiveMatch(topics.commands(id, command), topics.of(id, command))).toBe(true);
      expect(naiveMatch(topics.replies('gate-1f'), reply)).toBe(true);
      expect(topics.parse(request)?.rest).toEqual(['gate-1f', '7']);
    }),
  );
});

test('what is not below the root is none of ours', () => {
  const topics = new Topics('site-a');
  for (const topic of ['things/a/td', 'site-a/thing/a/td', '', 'site-a/things//td'])
    expect(topics.parse(topic)).toBeUndefined();
});

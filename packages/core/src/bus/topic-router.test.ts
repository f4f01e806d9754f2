import fc from 'fast-check';
import { expect, test } from 'vitest';
import { naiveMatch } from '../testing/naive-match.ts';
import { TopicRouter } from './topic-router.ts';

const name = fc.constantFrom('', 'a', 'b', '$s', 'ü');
const topic = fc.array(name, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(
    fc.array(fc.oneof(name, fc.constant('+')), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '/#'),
  )
  .map(([levels, end]) => levels.join('/') + end);
const filters = fc.array(fc.oneof(filter, fc.constant('#')), { maxLength: 30 });

interface Entry {
  readonly filter: string;
}

const find = (router: TopicRouter<Entry>, topic: string) => {
  const found: Entry[] = [];
  router.match(topic, found);
  return new Set(found);
};

test('the router finds exactly what a look at every filter finds', async () => {
  await fc.assert(
    fc.property(filters, fc.array(topic), (filters, topics) => {
      const router = new TopicRouter<Entry>();
      const entries = filters.map((filter) => ({ filter }));
      for (const entry of entries) router.add(entry.filter, entry);
      for (const topic of topics) {
        const expected = entries.filter((entry) => naiveMatch(entry.filter, topic));
        expect(find(router, topic)).toEqual(new Set(expected));
      }
    }),
  );
});

test('what is taken out is found no more, and all else still is', async () => {
  await fc.assert(
    fc.property(filters, fc.array(topic), fc.nat(), (filters, topics, seed) => {
      const router = new TopicRouter<Entry>();
      const entries = filters.map((filter) => ({ filter }));
      for (const entry of entries) router.add(entry.filter, entry);
      const stays = entries.filter((entry, at) => {
        const leaves = ((seed >> (at % 30)) & 1) === 1;
        if (leaves) router.remove(entry.filter, entry);
        return !leaves;
      });
      for (const topic of topics) {
        const expected = stays.filter((entry) => naiveMatch(entry.filter, topic));
        expect(find(router, topic)).toEqual(new Set(expected));
      }
    }),
  );
});

test('taking out what was never put in changes nothing', () => {
  const router = new TopicRouter<Entry>();
  const entry = { filter: 'a/+' };
  router.add('a/+', entry);
  for (const filter of ['a', 'a/#', 'a/+', 'b/+', 'a/+/#', '#']) router.remove(filter, { filter });
  expect(find(router, 'a/b')).toEqual(new Set([entry]));
});

import { type Clock, type JournalEntry, ThingId } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { type BatchEntry, readBatch } from './batch.ts';
import { GroupCommit } from './group-commit.ts';

const thing = ThingId('urn:dev:lamp');

/** An event that is told apart by its name. */
const event = (name: string): JournalEntry => ({
  ...{ kind: 'event', thing, stamp: undefined, time: 0, name, data: undefined },
});

/** How long such an event is with a name of one letter. */
const eventBytes = JSON.stringify(event('a')).length;

const namesIn = (text: string) => readBatch(text).map(nameOf);
const nameOf = (entry: BatchEntry) => (entry.kind === 'event' ? entry.name : entry.kind);

/** A disk that keeps what it gets at once. */
function quickDisk() {
  const batches: (readonly string[])[] = [];
  return { batches, commit: async (text: string) => void batches.push(namesIn(text)) };
}

/** A disk that commits when the test says so. */
function slowDisk() {
  const batches: (readonly string[])[] = [];
  const turns: PromiseWithResolvers<void>[] = [];
  const commit = (text: string) => {
    const turn = Promise.withResolvers<void>();
    batches.push(namesIn(text));
    turns.push(turn);
    return turn.promise;
  };
  return { batches, turns, commit };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what arrives while one commit is under way forms the next', async () => {
  const { batches, turns, commit } = slowDisk();
  const group = new GroupCommit(commit);
  const first = [group.append(event('a')), group.append(event('b'))];
  await settled();
  const second = [group.append(event('c')), group.append(event('d')), group.append(event('e'))];
  await settled();
  expect(batches).toEqual([['a', 'b']]);
  turns[0]?.resolve();
  await Promise.all(first);
  await settled();
  expect(batches).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]);
  turns[1]?.resolve();
  await Promise.all(second);
});

test('nothing is acknowledged before its commit has ended', async () => {
  const { turns, commit } = slowDisk();
  const group = new GroupCommit(commit);
  const acknowledged: string[] = [];
  const appended = group.append(event('a')).then(() => acknowledged.push('a'));
  await settled();
  expect(acknowledged).toEqual([]);
  turns[0]?.resolve();
  await appended;
  expect(acknowledged).toEqual(['a']);
});

test('a batch that is as long as it may be takes no more', async () => {
  const { batches, commit } = quickDisk();
  const group = new GroupCommit(commit, { batchBytes: 2 * eventBytes });
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => group.append(event(name))));
  expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

test('beyond the bytes that may wait it refuses, and takes again when there are fewer', async () => {
  const { turns, commit } = slowDisk();
  const group = new GroupCommit(commit, { waitingBytes: 2 * eventBytes });
  const first = group.append(event('a'));
  await settled();
  const second = group.append(event('b'));
  expect(() => group.append(event('c'))).toThrow(expect.objectContaining({ name: 'overloaded' }));
  turns[0]?.resolve();
  await first;
  await settled();
  const third = group.append(event('c'));
  turns[1]?.resolve();
  await second;
  await settled();
  turns[2]?.resolve();
  await third;
});

test('what is refused for its name leaves nothing behind', async () => {
  const { batches, commit } = quickDisk();
  const group = new GroupCommit(commit);
  expect(() => group.append(event('a\0'))).toThrow('no well-formed text');
  await group.append(event('b'));
  expect(batches).toEqual([['b']]);
});

test('a commit that fails refuses its own entries, and the next goes on', async () => {
  let fails = true;
  const group = new GroupCommit(async () => {
    if (fails) throw new Error('disk');
  });
  const results = await Promise.allSettled([group.append(event('a')), group.append(event('b'))]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  await group.append(event('c'));
});

test('closing waits for what was appended, and refuses what comes later', async () => {
  const { turns, commit } = slowDisk();
  const group = new GroupCommit(commit);
  const appended = group.append(event('a'));
  const closed = group.close();
  await settled();
  turns[0]?.resolve();
  await Promise.all([appended, closed]);
  expect(() => group.append(event('b'))).toThrow('closed');
});

test('what nobody waits for waits for others, and not for long', async () => {
  const clock = new FakeClock();
  const { batches, commit } = quickDisk();
  const group = new GroupCommit(commit, { clock });
  const first = group.append(event('a'), { patient: true });
  await clock.advance(9);
  const second = group.append(event('b'), { patient: true });
  await settled();
  expect(batches).toEqual([]);
  await clock.advance(1);
  await Promise.all([first, second]);
  expect(batches).toEqual([['a', 'b']]);
});

test('who is waited for takes along what was patient, in its order', async () => {
  const { batches, commit } = quickDisk();
  const group = new GroupCommit(commit, { clock: new FakeClock() });
  const all = [group.append(event('a'), { patient: true }), group.append(event('b'))];
  await Promise.all(all);
  const later = group.append(event('c'), { patient: true });
  group.hurry();
  await later;
  expect(batches).toEqual([['a', 'b'], ['c']]);
});

test('what is patient does not follow a commit at once that was made for others', async () => {
  const clock = new FakeClock();
  const { batches, turns, commit } = slowDisk();
  const group = new GroupCommit(commit, { clock });
  const waitedFor = group.append(event('a'));
  await settled();
  const patient = group.append(event('b'), { patient: true });
  turns[0]?.resolve();
  await waitedFor;
  await settled();
  expect(batches).toEqual([['a']]);
  await clock.advance(10);
  await settled();
  expect(batches).toEqual([['a'], ['b']]);
  turns[1]?.resolve();
  await patient;
});

test('what is patient while a commit is under way is committed after it, once somebody waits for it', async () => {
  const { batches, turns, commit } = slowDisk();
  const group = new GroupCommit(commit, { clock: new FakeClock() });
  const first = group.append(event('a'));
  await settled();
  const patient = group.append(event('b'), { patient: true });
  group.hurry();
  turns[0]?.resolve();
  await first;
  await settled();
  expect(batches).toEqual([['a'], ['b']]);
  turns[1]?.resolve();
  await patient;
});

test('a batch of patient entries that is full is committed without waiting for more', async () => {
  const { batches, commit } = quickDisk();
  const limits = { clock: new FakeClock(), batchBytes: 2 * eventBytes };
  const group = new GroupCommit(commit, limits);
  const full = [event('a'), event('b')].map((entry) => group.append(entry, { patient: true }));
  await Promise.all(full);
  expect(batches).toEqual([['a', 'b']]);
});

test('however many hurry, one timer serves all who are patient, and none waits longer for it', async () => {
  const clock = new FakeClock();
  let timers = 0;
  const counting: Clock = {
    now: () => clock.now(),
    after: (ms, callback) => {
      timers += 1;
      return clock.after(ms, callback);
    },
  };
  const { batches, commit } = quickDisk();
  const group = new GroupCommit(commit, { clock: counting });
  for (let n = 0; n < 9; n++) {
    const patient = group.append(event(`${n}`), { patient: true });
    group.hurry();
    await patient;
    await clock.advance(1);
  }
  const last = group.append(event('last'), { patient: true });
  await clock.advance(1);
  await last;
  expect(timers).toBe(1);
  expect(batches).toHaveLength(10);
});

test('what was patient is stored before the journal closes', async () => {
  const { batches, commit } = quickDisk();
  const group = new GroupCommit(commit, { clock: new FakeClock() });
  const last = group.append(event('a'), { patient: true });
  await group.close();
  await last;
  expect(batches).toEqual([['a']]);
});

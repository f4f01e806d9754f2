import type { Clock } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { expect, test } from 'vitest';
import { GroupCommit } from './group-commit.ts';

/** A disk that commits when the test says so. */
function slowDisk() {
  const batches: (readonly string[])[] = [];
  const turns: PromiseWithResolvers<void>[] = [];
  const commit = (texts: readonly string[]) => {
    const turn = Promise.withResolvers<void>();
    batches.push(texts);
    turns.push(turn);
    return turn.promise;
  };
  return { batches, turns, commit };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what arrives while one commit is under way forms the next', async () => {
  const { batches, turns, commit } = slowDisk();
  const group = new GroupCommit(commit);
  const first = [group.append('a'), group.append('b')];
  await settled();
  const second = [group.append('c'), group.append('d'), group.append('e')];
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
  const appended = group.append('a').then(() => acknowledged.push('a'));
  await settled();
  expect(acknowledged).toEqual([]);
  turns[0]?.resolve();
  await appended;
  expect(acknowledged).toEqual(['a']);
});

test('a batch ends before it has more bytes than it may, and a large entry goes alone', async () => {
  const batches: (readonly string[])[] = [];
  const group = new GroupCommit(async (texts) => void batches.push(texts), { batchBytes: 6 });
  const texts = ['aaa', 'äb', 'c', 'dddddddd', 'e', 'fffff', 'g'];
  await Promise.all(texts.map((text) => group.append(text)));
  expect(batches).toEqual([['aaa', 'äb'], ['c'], ['dddddddd'], ['e', 'fffff'], ['g']]);
});

test('beyond the bytes that may wait it refuses, and takes again when there are fewer', async () => {
  const { turns, commit } = slowDisk();
  const group = new GroupCommit(commit, { waitingBytes: 5 });
  const appended = group.append('aaa');
  await expect(group.append('bbb')).rejects.toMatchObject({ name: 'overloaded', status: 503 });
  const fits = group.append('bb');
  await settled();
  turns[0]?.resolve();
  await appended;
  await settled();
  turns[1]?.resolve();
  await fits;
  const again = group.append('cccccccc');
  await settled();
  turns[2]?.resolve();
  await again;
});

test('a commit that fails refuses its own entries, and the next goes on', async () => {
  let fails = true;
  const group = new GroupCommit(async () => {
    if (fails) throw new Error('disk');
  });
  const results = await Promise.allSettled([group.append('a'), group.append('b')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  await group.append('c');
});

test('closing waits for what was appended, and refuses what comes later', async () => {
  const { turns, commit } = slowDisk();
  const group = new GroupCommit(commit);
  const appended = group.append('a');
  const closed = group.close();
  await settled();
  turns[0]?.resolve();
  await Promise.all([appended, closed]);
  await expect(group.append('b')).rejects.toThrow('closed');
});

test('what nobody waits for waits for others, and not for long', async () => {
  const clock = new FakeClock();
  const batches: (readonly string[])[] = [];
  const group = new GroupCommit(async (texts) => void batches.push(texts), { clock });
  const first = group.append('a', { patient: true });
  await clock.advance(9);
  const second = group.append('b', { patient: true });
  await settled();
  expect(batches).toEqual([]);
  await clock.advance(1);
  await Promise.all([first, second]);
  expect(batches).toEqual([['a', 'b']]);
});

test('who is waited for takes along what was patient, in its order', async () => {
  const batches: (readonly string[])[] = [];
  const group = new GroupCommit(async (texts) => void batches.push(texts), {
    clock: new FakeClock(),
  });
  const all = [group.append('a', { patient: true }), group.append('b')];
  await Promise.all(all);
  const later = group.append('c', { patient: true });
  group.hurry();
  await later;
  expect(batches).toEqual([['a', 'b'], ['c']]);
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
  const batches: (readonly string[])[] = [];
  const group = new GroupCommit(async (texts) => void batches.push(texts), { clock: counting });
  for (let n = 0; n < 9; n++) {
    const patient = group.append(`${n}`, { patient: true });
    group.hurry();
    await patient;
    await clock.advance(1);
  }
  const last = group.append('last', { patient: true });
  await clock.advance(1);
  await last;
  expect(timers).toBe(1);
  expect(batches).toHaveLength(10);
});

test('what was patient is stored before the journal closes', async () => {
  const batches: (readonly string[])[] = [];
  const group = new GroupCommit(async (texts) => void batches.push(texts), {
    clock: new FakeClock(),
  });
  const last = group.append('a', { patient: true });
  await group.close();
  await last;
  expect(batches).toEqual([['a']]);
});

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { testProgram } from '@thingtalk/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, pathIn } from './testing/power-loss/calls.ts';
import { diskAt } from './testing/power-loss/disk-after.ts';
import { findJournal, journalStories } from './testing/power-loss/journal-story.ts';
import { firstBadOutage, laidOut, outage } from './testing/power-loss/outages.ts';
import { findOutbox, outboxStories } from './testing/power-loss/outbox-story.ts';
import { type Recording, recordingOf } from './testing/power-loss/recording.ts';
import { dataIn, watch } from './testing/power-loss/watch.ts';
import { scratchDirectory } from './testing/scratch.ts';

/** How often each loses power; `npm run test:faults` says 10,000. */
const losses = Number(process.env.THINGTALK_TEST_POWER_LOSSES ?? 120);
const firstSeed = Number(process.env.THINGTALK_TEST_SEED ?? 20_261_124);
const seeds = Array.from({ length: losses }, (_, n) => firstSeed + n);
const timeout = 60_000 + losses * 200;

const strace = testProgram('THINGTALK_TEST_STRACE');

/** A first life, one that is killed, and one that finds what that left: up to which step. */
const livesUpTo = (first: number, second: number, third: number) =>
  [
    { first: 0, end: first, ending: 'close' },
    { first, end: second, ending: 'kill' },
    { first: second, end: third, ending: 'close' },
  ] as const;

describe.skipIf(strace === undefined).each([
  {
    what: 'a journal and documents',
    program: './journal-program.ts',
    lives: livesUpTo(250, 500, 700),
    expected: { stories: journalStories(700), find: findJournal },
  },
  {
    what: 'the outbox of Things',
    program: './outbox-program.ts',
    lives: livesUpTo(550, 800, 1_060),
    expected: { stories: outboxStories(1_060), find: findOutbox },
  },
])('while $what are written, the power may go:', ({ program, lives, expected }) => {
  const stack = new AsyncDisposableStack();
  const calls: Call[] = [];
  const paths = { root: '' };
  beforeAll(async () => {
    paths.root = stack.use(await scratchDirectory()).path;
    calls.push(...(await watch(String(strace), program, paths.root, lives)));
  }, 60_000);
  afterAll(() => stack[Symbol.asyncDispose]());

  /** What the programs did, but for the syncs of these paths. */
  const recordingBut = (isLeftOut: (path: string) => boolean) => {
    const left = ({ name, args }: Call) =>
      !name.endsWith('sync') || !isLeftOut(pathIn(args[0]) ?? '');
    return recordingOf(calls.filter(left), paths.root);
  };
  const recording = () => recordingBut(() => false);

  async function expectNoneBad(of: Recording, all: readonly number[]): Promise<void> {
    const bad = await firstBadOutage(of, expected, all);
    if (bad === undefined) return;
    expect.fail(`seed ${bad.seed}, in ${await laidOut(bad.disk)}: ${bad.faults.join('; ')}`);
  }

  test(
    'nothing that was acknowledged is lost, nothing is there twice, and it opens',
    async () => {
      const bad = await firstBadOutage(recording(), expected, seeds);
      if (bad === undefined) return;
      expect.fail(`seed ${bad.seed}, in ${await laidOut(bad.disk)}: ${bad.faults.join('; ')}`);
    },
    timeout,
  );

  test(
    'nor when it goes again while what is left is opened',
    async () => {
      for (const seed of seeds.slice(0, Math.ceil(losses / 500))) {
        const before = outage(recording(), seed);
        const root = await laidOut(before.disk);
        const last = lives[2].end;
        const opened = [{ first: last, end: last, ending: 'close' }] as const;
        const again = recordingOf(await watch(String(strace), program, root, opened), root, before);
        await rm(root, { recursive: true });
        await expectNoneBad(again, seeds.slice(0, Math.ceil(losses / 5)));
      }
    },
    timeout,
  );

  test('the recording ends with the files that are there, byte for byte', async () => {
    const found = diskAt(recording().root, Number.POSITIVE_INFINITY).get('data');
    if (!(found instanceof Map)) return expect.fail('there is no directory');
    const data = dataIn(paths.root);
    expect([...found.keys()].sort()).toEqual((await readdir(data)).sort());
    for (const [name, bytes] of found) {
      expect((await readFile(join(data, name))).equals(bytes), name).toBe(true);
    }
  });

  test.each([
    ['its log', (path: string) => path.endsWith('-wal')],
    ['the names in its directory', (path: string) => path === dataIn(paths.root)],
    ['the name of its directory', (path: string) => path === paths.root],
  ])('a program that does not sync %s is found out', async (_, isLeftOut) => {
    const many = Array.from({ length: 500 }, (_, n) => n);
    const bad = await firstBadOutage(recordingBut(isLeftOut), expected, many);
    expect(bad?.faults.join('\n')).toMatch(/was acknowledged/);
  });
});

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dice } from '../dice.ts';
import { diskAfter, type Found, layOut } from './disk-after.ts';
import type { Recording, Remains } from './recording.ts';
import { type Findings, faultIn, type Heard, heardIn, type Story } from './stories.ts';
import { dataIn } from './watch.ts';

/** What is held against the disks that power losses leave. */
export interface Expectation {
  /** How everything that the program works with should fare. */
  readonly stories: readonly Story[];
  /** Opens what is left in a directory, and looks at all of it. */
  readonly find: (directory: string) => Promise<Findings>;
}

/** Where nothing need last, memory is soonest. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A loss of power that left a disk that is not as it should be. */
export interface BadOutage {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly disk: Found;
}

/**
 * Takes the power away at some moment of a recording, once for each seed, and starts again with what is left.
 *
 * @returns the first that came out badly; `undefined` when none did.
 */
export async function firstBadOutage(
  recording: Recording,
  expected: Expectation,
  seeds: Iterable<number>,
): Promise<BadOutage | undefined> {
  for (const seed of seeds) {
    const { disk, said } = outage(recording, seed);
    const directory = await laidOut(disk);
    const faults = await faultsIn(dataIn(directory), expected, heardIn(said));
    await rm(directory, { recursive: true });
    if (faults.length > 0) return { seed, faults, disk };
  }
  return undefined;
}

/** Writes a disk into a new directory. Resolves with its path. */
export async function laidOut(disk: Found): Promise<string> {
  const directory = await mkdtemp(join(place, 'thingtalk-outage-'));
  layOut(disk, directory);
  return directory;
}

/** What is left when the power goes at a moment that the seed chooses. */
export function outage({ root, said, moments }: Recording, seed: number): Remains {
  const dice = new Dice(seed);
  const moment = moments[dice.below(moments.length)] ?? 0;
  const heard = said.filter(({ begun }) => begun <= moment).map(({ text }) => text);
  return { disk: diskAfter(root, moment, dice), said: heard };
}

async function faultsIn(
  directory: string,
  { stories, find }: Expectation,
  heard: Heard,
): Promise<readonly string[]> {
  try {
    const { found, complaints } = await find(directory);
    const faults = stories.map((story) => faultIn(story, heard, found.get(story.subject) ?? ''));
    return [...complaints, ...faults.filter((fault) => fault !== undefined)];
  } catch (error) {
    return [`it does not open: ${error}`];
  }
}

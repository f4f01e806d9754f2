import { expect, test } from 'vitest';
import type { JournalEntry } from '../ports/journal.ts';
import { action, forgotten, lamp, only, status } from './journal-entries.ts';
import type { MakePlace } from './journal-place.ts';

/** Runs of actions: their last state stays, and of those that ended not more than is useful. */
export function runTests(makePlace: MakePlace): void {
  test('the state of a run is the last one, and runs are in the order they began', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    await journal.append(action('b', 'pending'));
    await journal.append(action('a', 'running'));
    await journal.append(action('b', 'running'));
    await journal.append(action('b', 'completed'));
    expect((await only(journal)).runs).toEqual([status('b', 'completed'), status('a', 'running')]);
  });

  test('a run that was forgotten is gone, and its id begins anew', async () => {
    await using place = await makePlace();
    {
      await using journal = await place.open();
      await journal.append(action('a', 'completed'));
      await journal.append(action('b', 'completed'));
      await Promise.all([journal.append(forgotten('a')), journal.append(action('a', 'running'))]);
      await Promise.all([journal.append(action('c', 'failed')), journal.append(forgotten('c'))]);
      await journal.append(forgotten('never-was'));
    }
    await using journal = await place.open();
    expect((await only(journal)).runs).toEqual([status('b', 'completed'), status('a', 'running')]);
  });

  test('of the ended runs the last thousand stay, and few more, of the open ones all', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    const ids = Array.from({ length: 1_250 }, (_, n) => `r${n}`);
    // The one that began first ends last: it stays.
    await Promise.all([
      journal.append(action('open', 'running')),
      ...ids.map((id) => journal.append(action(id, 'running'))),
      ...ids.toReversed().map((id) => journal.append(action(id, 'completed'))),
    ]);
    const kept = (await only(journal)).runs.map(({ id }) => id);
    expect(kept.slice(0, 1_001)).toEqual(['open', ...ids.slice(0, 1_000)]);
    expect(kept.length).toBeLessThanOrEqual(1_101);
  });

  test('large runs that ended are fewer, and the newest stays whatever its size', async () => {
    await using place = await makePlace();
    await using journal = await place.open();
    const ended = (id: string, length: number): JournalEntry => ({
      kind: 'action',
      thing: lamp,
      stamp: undefined,
      time: 1,
      status: { ...status(id, 'completed'), output: 'x'.repeat(length) },
    });
    for (let n = 1; n < 100; n++) await journal.append(ended(`r${n}`, 20_000));
    await journal.append(ended('huge', 2_000_000));
    expect((await only(journal)).runs.map(({ id }) => id)).toEqual(['huge']);
  });
}

import { ThingId } from '@thingtalk/core';
import type { Storage } from '@thingtalk/storage';
import type { Crowd } from './crowd.ts';
import type { Deed, Diary } from './diary.ts';
import { type RunOutcome, registerFaults, runFaults, streamFaults } from './history.ts';
import type { Witness } from './witness.ts';

/** What is known of a storm once it is over. */
export interface Evidence {
  readonly crowd: Crowd;
  readonly witness: Witness;
  readonly diaries: readonly Diary[];
  /** What the gateway says of runs, after it was started anew: by Thing and id. */
  readonly held: ReadonlyMap<string, ReadonlyMap<string, RunOutcome>>;
  readonly storage: Storage;
}

/** All that is not as it was acknowledged, in words that name the Thing; nothing when all is well. */
export async function faultsOf(evidence: Evidence): Promise<readonly string[]> {
  const { crowd, witness, diaries, held, storage } = evidence;
  const deeds = Map.groupBy(
    diaries.flatMap((diary) => diary.read()),
    ({ thing }) => thing,
  );
  const faults: string[] = [];
  const blame = (who: string, found: readonly string[]) =>
    faults.push(...found.map((fault) => `${who}: ${fault}`));

  for (const { thing, name, steps } of crowd.registers) {
    blame(`${thing.id} ${name}`, registerFaults(steps));
  }
  const values = await storedValues(storage);
  for (const { thing, name, steps } of crowd.registers) {
    const stored = Number(values.get(thing.id)?.get(name));
    blame(
      `${thing.id} ${name} as stored`,
      registerFaults([...steps, { did: 'read', value: stored }]),
    );
  }
  for (const [thing, told] of crowd.told) {
    const mine = deeds.get(thing) ?? [];
    for (const name of ['a', 'b']) {
      const acknowledged = crowd.registers
        .filter((one) => one.thing.id === thing && one.name === name)
        .flatMap(({ steps }) => steps.filter(({ did }) => did === 'acknowledged'))
        .map(({ value }) => value);
      blame(`${thing} wrote ${name}`, streamFaults({ acknowledged, stored: written(mine, name) }));
    }
    const events = await storage.journal.events(ThingId(thing), { limit: 1_000_000 });
    const emitted = mine.flatMap((deed) => (deed.did === 'emitted' ? [deed.value] : []));
    const kept = new Set([...emitted, ...(witness.acknowledged.get(thing) ?? [])]);
    const stored = events.map(({ data }) => Number(data));
    blame(`events of ${thing}`, streamFaults({ acknowledged: kept, stored }));
    const done = mine.flatMap((deed) => (deed.did === 'ran' ? [deed.id] : []));
    blame(thing, runFaults({ told, held: held.get(thing) ?? new Map(), done }));
  }
  return faults;
}

const written = (deeds: readonly Deed[], name: string) =>
  deeds.flatMap((deed) => (deed.did === 'wrote' && deed.name === name ? [deed.value] : []));

async function storedValues(
  storage: Storage,
): Promise<ReadonlyMap<string, ReadonlyMap<string, unknown>>> {
  const things = new Map<string, ReadonlyMap<string, unknown>>();
  for await (const { thing, values } of storage.journal.recover()) {
    things.set(thing, new Map([...values].map(([name, { value }]) => [name, value])));
  }
  return things;
}

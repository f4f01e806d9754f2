import fc from 'fast-check';
import { isNotAfter } from '../bus/envelope.ts';
import type {
  EntryStamp,
  Journal,
  JournalEntry,
  StoredThing,
  StoredValue,
  StoredWish,
} from '../ports/journal.ts';
import type { ActionState, ActionStatus } from '../ports/things.ts';
import { ThingId } from '../td/thing-id.ts';

interface Known {
  stamp: EntryStamp | undefined;
  readonly values: Map<string, StoredValue>;
  readonly runs: Map<string, ActionStatus>;
  readonly wishes: Map<string, StoredWish>;
  readonly events: JournalEntry[];
}

/** A journal as it would be in a world without power cuts: plain Maps. */
export class JournalModel {
  readonly #things = new Map<ThingId, Known>();

  append(entry: JournalEntry): void {
    if (entry.kind === 'forgotten') {
      this.#things.delete(entry.thing);
      return;
    }
    const known = this.#things.get(entry.thing) ?? nothing();
    const stamp = 'stamp' in entry ? entry.stamp : undefined;
    if (stamp && known.stamp && isNotAfter(stamp, known.stamp)) return;
    this.#things.set(entry.thing, known);
    known.stamp = stamp ?? known.stamp;
    if (entry.kind === 'event') known.events.push(entry);
    if (entry.kind === 'action') known.runs.set(entry.status.id, entry.status);
    if (entry.kind === 'action-forgotten') known.runs.delete(entry.id);
    if (entry.kind === 'values') {
      for (const [name, value] of Object.entries(entry.values)) {
        const version = (known.values.get(name)?.version ?? 0) + 1;
        known.values.set(name, { value, time: entry.time, version });
      }
    }
    if (entry.kind === 'wish') wishFor(known, entry);
  }

  /** All that it holds, in the form of {@link readBack}. */
  contents(): object {
    const events = modelThings.map((id) => this.#things.get(id)?.events ?? []);
    return { things: this.things(), events };
  }

  /** What it holds of every Thing, in the order of their ids. */
  things(): readonly StoredThing[] {
    return [...this.#things]
      .map(([thing, { stamp, values, runs, wishes }]) => ({
        thing,
        stamp,
        values,
        runs: [...runs.values()],
        wishes,
      }))
      .sort((a, b) => (a.thing < b.thing ? -1 : 1));
  }
}

/** All that a journal holds of a few Things. */
export async function readBack(journal: Journal, ids: readonly ThingId[]): Promise<object> {
  const things = await recovered(journal);
  const events = await Promise.all(ids.map((id) => journal.events(id, { limit: 1_000 })));
  return { things, events };
}

/** All Things that a journal knows. */
export async function recovered(journal: Journal): Promise<readonly StoredThing[]> {
  const things: StoredThing[] = [];
  for await (const thing of journal.recover()) things.push(thing);
  return things;
}

function nothing(): Known {
  return { stamp: undefined, values: new Map(), runs: new Map(), wishes: new Map(), events: [] };
}

function wishFor({ wishes }: Known, entry: JournalEntry & { kind: 'wish' }): void {
  const { name, version, value, time } = entry;
  if ((wishes.get(name)?.version ?? 0) > version) return;
  if (value === undefined) wishes.delete(name);
  else wishes.set(name, { value, version, time });
}

/** The Things of {@link journalEntry}. */
export const modelThings = [ThingId('urn:dev:lamp'), ThingId('urn:dev:fan')] as const;

const thing = fc.constantFrom(...modelThings);
const stamp = fc.option(fc.record({ e: fc.integer({ min: 1, max: 2 }), s: fc.nat(6) }), {
  nil: undefined,
});
const time = fc.nat(100);
const name = fc.constantFrom('on', 'level', 'ü');
const runId = fc.constantFrom('a', 'b', 'c');
const json = fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)));
const optionalJson = fc.option(json, { nil: undefined });
const kind = <K extends JournalEntry['kind']>(value: K) => fc.constant<K>(value);

/** Any entry that a journal may get, of few Things and few stamps, so that they meet. */
export const journalEntry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record({ kind: kind('values'), thing, stamp, time, values: fc.dictionary(name, json) }),
  fc.record({ kind: kind('event'), thing, stamp, time, name, data: optionalJson }),
  fc.record({
    kind: kind('action'),
    thing,
    stamp,
    time,
    status: fc.record({
      id: runId,
      action: name,
      status: fc.constantFrom<ActionState>('pending', 'running', 'completed', 'failed'),
      timeRequested: fc.constant('2026-01-01T00:00:00.000Z'),
    }),
  }),
  fc.record({ kind: kind('action-forgotten'), thing, time, id: runId }),
  fc.record({
    kind: kind('wish'),
    thing,
    time,
    name,
    version: fc.integer({ min: 1, max: 3 }),
    value: optionalJson,
  }),
  { weight: 1, arbitrary: fc.record({ kind: kind('forgotten'), thing, time }) },
);

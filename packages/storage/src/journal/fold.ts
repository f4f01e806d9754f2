import { type EntryStamp, isNotAfter, type ThingId } from '@thingtalk/core';
import {
  type EventRow,
  type RunRow,
  type ThingRow,
  type ValueRow,
  type WishRow,
  withCheck,
} from '../schema/tables.ts';
import type { BatchEntry, SaidValues } from './batch.ts';

/** What the database counts of a Thing before a batch. */
export interface Head {
  readonly stamp: EntryStamp | undefined;
  readonly events: number;
  readonly runs: number;
}

/** A wish to write, or one to take away unless a newer one stands. */
export type WishChange =
  | { readonly kind: 'wanted'; readonly row: WishRow }
  | {
      readonly kind: 'over';
      readonly thing: string;
      readonly name: string;
      readonly version: number;
    };

/** What a batch changes in the tables, to be applied in this order in one transaction. */
export interface Effects {
  /** Things of which all rows go. */
  readonly forgotten: readonly string[];
  readonly things: readonly ThingRow[];
  /** `version` is by how much the stored one grows. */
  readonly values: readonly ValueRow[];
  readonly events: readonly EventRow[];
  /** Runs that are no more remembered. */
  readonly runsForgotten: readonly Pick<RunRow, 'thing' | 'id'>[];
  readonly runs: readonly RunRow[];
  readonly wishes: readonly WishChange[];
  /** Things of which ended runs may be too many: looked at once in a hundred states of runs. */
  readonly crowded: readonly string[];
}

/** What a batch changes of one Thing. */
interface Changes {
  readonly forgotten: boolean;
  head: Head | undefined;
  /** How many states of runs were counted before. */
  readonly runsBefore: number;
  readonly values: Map<string, ValueRow>;
  readonly events: EventRow[];
  /** Ids of runs of which what was there before the batch goes. */
  readonly runsForgotten: Set<string>;
  readonly runs: Map<string, RunRow>;
  readonly wishes: WishChange[];
}

/** How many states of runs come between two looks at whether they are too many. */
const crowdedAfter = 100;

const newHead: Head = { stamp: undefined, events: 0, runs: 0 };

/**
 * Turns the entries of a batch into rows: the same for every database.
 *
 * An entry whose stamp is not after its Thing's last is left out here; what a batch says twice of a property is written once.
 */
export class Fold {
  readonly #headOf: (thing: string) => Head | undefined;
  readonly #changes = new Map<string, Changes>();

  /** @param headOf what the database counts of a Thing; asked once for each Thing of the batch. */
  constructor(headOf: (thing: string) => Head | undefined) {
    this.#headOf = headOf;
  }

  /** Takes the next entry. */
  add(entry: BatchEntry): void {
    const { thing } = entry;
    const known = this.#changes.get(thing);
    if (entry.kind === 'forgotten') {
      this.#changes.set(thing, noChanges(undefined, true));
      return;
    }
    const changes = known ?? noChanges(this.#headOf(thing), false);
    const head = changes.head ?? newHead;
    const stamp = 'stamp' in entry ? entry.stamp : undefined;
    if (stamp !== undefined && head.stamp !== undefined && isNotAfter(stamp, head.stamp)) return;
    this.#changes.set(thing, changes);
    const next = stamp === undefined ? head : { ...head, stamp };
    changes.head = next;
    if (entry.kind === 'said') addSaid(changes, entry, head.stamp);
    else addTo(changes, next, entry);
  }

  /** What the batch comes to. */
  effects(): Effects {
    const all = [...this.#changes];
    const each = <T>(pick: (changes: Changes) => Iterable<T>): readonly T[] =>
      all.flatMap(([, changes]) => [...pick(changes)]);
    return {
      forgotten: all.filter(([, { forgotten }]) => forgotten).map(([thing]) => thing),
      things: all.flatMap(([thing, { head }]) =>
        head === undefined ? [] : [headRow(thing, head)],
      ),
      values: each(({ values }) => values.values()),
      events: each(({ events }) => events),
      runsForgotten: all.flatMap(([thing, changes]) =>
        [...changes.runsForgotten].map((id) => ({ thing, id })),
      ),
      runs: each(({ runs }) => runs.values()),
      wishes: each(({ wishes }) => wishes),
      crowded: all.filter(([, changes]) => isCrowded(changes)).map(([thing]) => thing),
    };
  }
}

function noChanges(head: Head | undefined, forgotten: boolean): Changes {
  const runsBefore = head?.runs ?? 0;
  return {
    forgotten,
    head,
    runsBefore,
    values: new Map(),
    events: [],
    runsForgotten: new Set(),
    runs: new Map(),
    wishes: [],
  };
}

function isCrowded({ head, runsBefore }: Changes): boolean {
  const hundreds = (states: number) => Math.floor(states / crowdedAfter);
  return hundreds(head?.runs ?? 0) > hundreds(runsBefore);
}

function addTo(
  changes: Changes,
  head: Head,
  entry: Exclude<BatchEntry, { kind: 'forgotten' | 'said' }>,
): void {
  switch (entry.kind) {
    case 'event':
      changes.head = { ...head, events: head.events + 1 };
      changes.events.push(eventRow(head.events + 1, entry));
      return;
    case 'action':
      changes.head = { ...head, runs: head.runs + 1 };
      addRun(changes, head.runs + 1, entry);
      return;
    case 'action-forgotten':
      changes.runs.delete(entry.id);
      changes.runsForgotten.add(entry.id);
      return;
    case 'wish':
      changes.wishes.push(wishChange(entry));
      return;
    default:
      throw new Error(`no entry is a '${String(entry satisfies never)}'`);
  }
}

/** @param last the Thing's last message before these: what of them is not after it was stored before. */
function addSaid({ values }: Changes, entry: SaidValues, last: EntryStamp | undefined): void {
  const { thing, stamp, said } = entry;
  const isNew = (s: number) =>
    stamp === undefined || last === undefined || !isNotAfter({ e: stamp.e, s }, last);
  for (const { name, text, time, at } of said) {
    const times = at.filter(isNew).length;
    if (times === 0) continue;
    const version = (values.get(name)?.version ?? 0) + times;
    const row = { thing, name, value: text, time, version };
    values.set(name, withCheck('property_values', row));
  }
}

function addRun({ runs }: Changes, n: number, entry: BatchEntry & { kind: 'action' }): void {
  const { thing, status } = entry;
  const isOver = status.status === 'completed' || status.status === 'failed';
  const row = {
    thing,
    id: status.id,
    n: runs.get(status.id)?.n ?? n,
    ended: isOver ? n : null,
    status: JSON.stringify(status),
  };
  runs.set(status.id, withCheck('runs', row));
}

function eventRow(n: number, entry: BatchEntry & { kind: 'event' }): EventRow {
  const { thing, stamp, time, name, data } = entry;
  return withCheck('events', {
    thing,
    n,
    e: stamp?.e ?? null,
    s: stamp?.s ?? null,
    time,
    name,
    data: data === undefined ? null : JSON.stringify(data),
  });
}

function wishChange(entry: BatchEntry & { kind: 'wish' }): WishChange {
  const { thing, name, version, time, value } = entry;
  if (value === undefined) return { kind: 'over', thing, name, version };
  const row = { thing, name, version, time, value: JSON.stringify(value) };
  return { kind: 'wanted', row: withCheck('wishes', row) };
}

function headRow(thing: ThingId | string, head: Head): ThingRow {
  return withCheck('things', {
    thing,
    e: head.stamp?.e ?? null,
    s: head.stamp?.s ?? null,
    events: head.events,
    runs: head.runs,
  });
}

/** The other way round: what a row counts. */
export function headOf({ e, s, events, runs }: Omit<ThingRow, 'thing' | 'crc'>): Head {
  return { stamp: e === null || s === null ? undefined : { e, s }, events, runs };
}

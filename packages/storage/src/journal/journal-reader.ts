import type { JournalEntry, StoredThing, StoredValue, StoredWish, ThingId } from '@thingtalk/core';
import type { Kysely } from 'kysely';
import { type DamageReport, intactRows } from '../schema/damage.ts';
import type { EventRow, TableName, Tables, ThingRow } from '../schema/tables.ts';
import { headOf } from './fold.ts';
import type { ThingPage } from './thing-page.ts';

/** Things that are read together. */
const pageSize = 500;

/** What is asked of {@link Journal.events}. */
export interface EventsWanted {
  readonly after?: number;
  readonly limit: number;
}

/** An event as it was appended. */
export type EventEntry = JournalEntry & { readonly kind: 'event' };

/** Reads what was journalled. */
export class JournalReader {
  readonly #db: Kysely<Tables>;
  readonly #report: DamageReport;

  constructor(db: Kysely<Tables>, report: DamageReport) {
    this.#db = db;
    this.#report = report;
  }

  /** The Things after `after` in order of their ids, a page of them. */
  async page(after: string): Promise<ThingPage> {
    const rows = await this.#db
      .selectFrom('things')
      .selectAll()
      .where('thing', '>', after)
      .orderBy('thing')
      .limit(pageSize)
      .execute();
    const last = rows.length < pageSize ? undefined : rows.at(-1)?.thing;
    const heads = this.#intact('things', rows);
    if (heads.length === 0) return { things: [], last };
    const ids = heads.map(({ thing }) => thing);
    const [values, runs, wishes] = [
      await this.#values(ids),
      await this.#runs(ids),
      await this.#wishes(ids),
    ];
    const thingOf = (head: ThingRow): StoredThing => ({
      thing: head.thing as ThingId,
      stamp: headOf(head).stamp,
      values: new Map(values.get(head.thing)?.map(({ name, ...row }) => [name, readValue(row)])),
      runs: (runs.get(head.thing) ?? []).map(({ status }) => JSON.parse(status)),
      wishes: new Map(wishes.get(head.thing)?.map(({ name, ...row }) => [name, readValue(row)])),
    });
    return { things: heads.map(thingOf), last };
  }

  async events(
    thing: string,
    { after = Number.NEGATIVE_INFINITY, limit }: EventsWanted,
  ): Promise<readonly EventEntry[]> {
    let query = this.#db.selectFrom('events').selectAll().where('thing', '=', thing);
    if (Number.isFinite(after)) query = query.where('time', '>', after);
    const rows = await query.orderBy('n', 'desc').limit(limit).execute();
    this.#reportGaps(thing, rows);
    return this.#intact('events', rows).toReversed().map(readEvent);
  }

  /** Events are counted without a gap: where one is, a damaged key hides them. */
  #reportGaps(thing: string, rows: readonly EventRow[]): void {
    for (const [index, { n }] of rows.entries()) {
      const later = rows[index - 1];
      if (later !== undefined && later.n !== n + 1) this.#report('events', { thing, n: n + 1 });
    }
  }

  async #values(things: readonly string[]) {
    const rows = this.#db.selectFrom('property_values').selectAll().where('thing', 'in', things);
    return byThing(this.#intact('property_values', await rows.execute()));
  }

  async #runs(things: readonly string[]) {
    const rows = this.#db.selectFrom('runs').selectAll().where('thing', 'in', things);
    return byThing(this.#intact('runs', await rows.orderBy('n').execute()));
  }

  async #wishes(things: readonly string[]) {
    const rows = this.#db.selectFrom('wishes').selectAll().where('thing', 'in', things);
    return byThing(this.#intact('wishes', await rows.execute()));
  }

  #intact<T extends TableName>(table: T, rows: readonly Tables[T][]): readonly Tables[T][] {
    return intactRows(table, rows, this.#report);
  }
}

function byThing<Row extends { readonly thing: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, ({ thing }) => thing);
}

function readValue(row: {
  readonly value: string;
  readonly time: number;
  readonly version: number;
}): StoredValue & StoredWish {
  return { value: JSON.parse(row.value), time: row.time, version: row.version };
}

function readEvent({ thing, e, s, time, name, data }: EventRow): EventEntry {
  return {
    kind: 'event',
    thing: thing as ThingId,
    stamp: headOf({ e, s, events: 0, runs: 0 }).stamp,
    time,
    name,
    data: data === null ? undefined : JSON.parse(data),
  };
}

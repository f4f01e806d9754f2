import type { Clock } from '@thingtalk/core';
import type { Client } from 'pg';
import { type BatchEntry, readBatch } from '../journal/batch.ts';
import { type Effects, Fold, type Head, headOf, type WishChange } from '../journal/fold.ts';
import { columnsOf, trimRuns, upsertParts } from '../schema/statements.ts';
import { layouts, type TableName, type ThingRow, thingTables } from '../schema/tables.ts';
import type { Link } from './link.ts';
import { asStorageProblem, isCollision, isLoss } from './postgres-errors.ts';

/** What a {@link JournalWriter} works with. */
export interface JournalWriterParts {
  readonly link: Link;
  readonly clock: Clock;
  /** How many events a Thing keeps. */
  readonly eventsKept: number;
}

/** Writes batches of journal entries, each in one transaction of a few statements for many rows. */
export class JournalWriter {
  readonly #parts: JournalWriterParts;
  readonly #name = crypto.randomUUID();
  #batch = 0;

  constructor(parts: JournalWriterParts) {
    this.#parts = parts;
  }

  /**
   * Stores a batch in one transaction; resolves when it is on disk. A connection that is lost on the way is waited for.
   *
   * @throws {@link Problem} `storage-unreachable`, `storage-full`.
   */
  async commit(text: string): Promise<void> {
    this.#batch += 1;
    const entries = readBatch(text);
    for (;;) {
      const client = await this.#parts.link.client();
      try {
        await this.#transaction(client, entries);
        return;
      } catch (error) {
        if (isLoss(error)) this.#parts.link.lost(client, error);
        else await client.query('rollback');
        if (!isLoss(error) && !isCollision(error)) throw asStorageProblem(error);
      }
    }
  }

  /** Forgets what was kept of this writer's last batch, and of writers that ended a day ago without doing so. */
  async close(): Promise<void> {
    const client = await this.#parts.link.client();
    const dayAgo = this.#parts.clock.now() - 86_400_000;
    await client.query('delete from writers where writer = $1 or time < $2', [this.#name, dayAgo]);
  }

  async #transaction(client: Client, entries: readonly BatchEntry[]): Promise<void> {
    await client.query('begin');
    const isDone = await this.#mark(client);
    if (!isDone) {
      const heads = await readHeads(client, [...new Set(entries.map(({ thing }) => thing))]);
      const fold = new Fold((thing) => heads.get(thing));
      for (const entry of entries) fold.add(entry);
      await this.#apply(client, fold.effects());
    }
    await client.query('commit');
  }

  /** @returns whether this batch was committed before: then its answer was lost with the connection. */
  async #mark(client: Client): Promise<boolean> {
    const { rowCount } = await client.query({
      name: 'mark',
      text: `insert into writers (writer, batch, time) values ($1, $2, $3)
        on conflict (writer) do update set batch = excluded.batch, time = excluded.time
        where writers.batch < excluded.batch`,
      values: [this.#name, this.#batch, this.#parts.clock.now()],
    });
    return rowCount === 0;
  }

  async #apply(client: Client, effects: Effects): Promise<void> {
    if (effects.forgotten.length > 0) {
      for (const table of thingTables) {
        await client.query(`delete from ${table} where thing = any($1)`, [effects.forgotten]);
      }
    }
    await upsert(client, 'things', effects.things);
    await upsert(client, 'property_values', effects.values);
    await upsert(client, 'events', effects.events);
    await forgetRuns(client, effects.runsForgotten);
    await upsert(client, 'runs', effects.runs);
    for (const change of effects.wishes) await applyWish(client, change);
    await this.#trim(client, effects);
  }

  async #trim(client: Client, { events, things, crowded }: Effects): Promise<void> {
    const kept = this.#parts.eventsKept;
    const full = events.length > 0 ? things.filter((row) => row.events > kept) : [];
    if (full.length > 0) {
      await client.query({
        name: 'trim-events',
        text: `delete from events using unnest($1::text[], $2::integer[]) as bound(thing, last)
          where events.thing = bound.thing and events.n <= bound.last`,
        values: [full.map(({ thing }) => thing), full.map((row) => row.events - kept)],
      });
    }
    if (crowded.length > 0) {
      await client.query({ name: 'trim-runs', text: trimRuns('= any($1)'), values: [crowded] });
    }
  }
}

/** What is counted of the Things, locked until the transaction ends. */
async function readHeads(
  client: Client,
  things: readonly string[],
): Promise<ReadonlyMap<string, Head>> {
  const { rows } = await client.query<ThingRow>({
    name: 'heads',
    // In one order for all, so that two writers do not wait for each other.
    text: `select thing, e, s, events, runs from things where thing = any($1) order by thing for update`,
    values: [things],
  });
  return new Map(rows.map((row) => [row.thing, headOf(row)]));
}

const arrayTypes = { text: 'text[]', number: 'double precision[]', integer: 'integer[]' } as const;

/** Writes many rows by one statement that takes an array for each column. */
async function upsert(client: Client, table: TableName, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  const [head, tail] = upsertParts(table);
  const types = Object.values(layouts[table].columns);
  const arrays = types.map((type, n) => `$${n + 1}::${arrayTypes[type]}`);
  await client.query({
    name: `upsert-${table}`,
    text: `${head} select * from unnest(${arrays.join(', ')}) ${tail}`,
    values: columnsOf(table).map((column) =>
      rows.map((row) => (row as Readonly<Record<string, unknown>>)[column]),
    ),
  });
}

async function forgetRuns(client: Client, gone: Effects['runsForgotten']): Promise<void> {
  if (gone.length === 0) return;
  await client.query(
    `delete from runs using unnest($1::text[], $2::text[]) as gone(thing, id)
      where runs.thing = gone.thing and runs.id = gone.id`,
    [gone.map(({ thing }) => thing), gone.map(({ id }) => id)],
  );
}

async function applyWish(client: Client, change: WishChange): Promise<void> {
  if (change.kind === 'over') {
    await client.query('delete from wishes where thing = $1 and name = $2 and version <= $3', [
      change.thing,
      change.name,
      change.version,
    ]);
    return;
  }
  const [head, tail] = upsertParts('wishes');
  const columns = columnsOf('wishes');
  const row: Readonly<Record<string, unknown>> = { ...change.row };
  await client.query(
    `${head} values (${columns.map((_, n) => `$${n + 1}`).join(', ')}) ${tail} where wishes.version <= excluded.version`,
    columns.map((column) => row[column]),
  );
}

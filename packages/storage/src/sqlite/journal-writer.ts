import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { readBatch } from '../journal/batch.ts';
import { type Effects, Fold, type Head, headOf } from '../journal/fold.ts';
import { columnsOf, trimRuns, upsertParts } from '../schema/statements.ts';
import { type TableName, type ThingRow, thingTables } from '../schema/tables.ts';

/** Writes batches of journal entries, by statements that were prepared once. */
export class JournalWriter {
  readonly #db: DatabaseSync;
  readonly #eventsKept: number;
  readonly #head: StatementSync;
  readonly #forget: readonly StatementSync[];
  readonly #upserts: Readonly<Record<'things' | 'property_values' | 'events' | 'runs', Upsert>>;
  readonly #forgetRun: StatementSync;
  readonly #want: Upsert;
  readonly #over: StatementSync;
  readonly #trimEvents: StatementSync;
  readonly #trimRuns: StatementSync;

  /** @param eventsKept how many events a Thing keeps. */
  constructor(db: DatabaseSync, eventsKept: number) {
    this.#db = db;
    this.#eventsKept = eventsKept;
    this.#head = db.prepare('select e, s, events, runs from things where thing = ?');
    this.#forget = thingTables.map((table) => db.prepare(`delete from ${table} where thing = ?`));
    this.#upserts = {
      things: new Upsert(db, 'things'),
      property_values: new Upsert(db, 'property_values'),
      events: new Upsert(db, 'events'),
      runs: new Upsert(db, 'runs'),
    };
    this.#forgetRun = db.prepare('delete from runs where thing = ? and id = ?');
    this.#want = new Upsert(db, 'wishes', 'where wishes.version <= excluded.version');
    this.#over = db.prepare('delete from wishes where thing = ? and name = ? and version <= ?');
    this.#trimEvents = db.prepare('delete from events where thing = ? and n <= ?');
    this.#trimRuns = db.prepare(trimRuns('= ?'));
  }

  /** Stores a batch in one transaction; returns when it is on disk. */
  commit(text: string): void {
    const fold = new Fold((thing) => this.#headOf(thing));
    for (const entry of readBatch(text)) fold.add(entry);
    const effects = fold.effects();
    // Nothing new: what it repeats is on disk already.
    if (effects.things.length === 0 && effects.forgotten.length === 0) return;
    this.#db.exec('begin immediate');
    try {
      this.#apply(effects);
      this.#db.exec('commit');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  #headOf(thing: string): Head | undefined {
    const row = this.#head.get(thing) as Omit<ThingRow, 'thing' | 'crc'> | undefined;
    return row && headOf(row);
  }

  #apply(effects: Effects): void {
    for (const thing of effects.forgotten) {
      for (const statement of this.#forget) statement.run(thing);
    }
    this.#upserts.things.all(effects.things);
    this.#upserts.property_values.all(effects.values);
    this.#upserts.events.all(effects.events);
    for (const { thing, id } of effects.runsForgotten) this.#forgetRun.run(thing, id);
    this.#upserts.runs.all(effects.runs);
    for (const change of effects.wishes) {
      if (change.kind === 'wanted') this.#want.all([change.row]);
      else this.#over.run(change.thing, change.name, change.version);
    }
    for (const { thing, events } of effects.events.length > 0 ? effects.things : []) {
      if (events > this.#eventsKept) this.#trimEvents.run(thing, events - this.#eventsKept);
    }
    for (const thing of effects.crowded) this.#trimRuns.run(thing);
  }
}

/** Writes rows of one table over what was there. */
class Upsert {
  readonly #columns: readonly string[];
  readonly #statement: StatementSync;

  constructor(db: DatabaseSync, table: TableName, condition = '') {
    const [head, tail] = upsertParts(table);
    this.#columns = columnsOf(table);
    const places = this.#columns.map(() => '?').join(', ');
    this.#statement = db.prepare(`${head} values (${places}) ${tail} ${condition}`);
  }

  all(rows: readonly object[]): void {
    for (const row of rows) {
      const cells = row as Readonly<Record<string, SQLInputValue>>;
      this.#statement.run(...this.#columns.map((column) => cells[column] ?? null));
    }
  }
}

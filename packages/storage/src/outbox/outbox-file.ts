import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type ActionStatus,
  type EntryStamp,
  type OutboxState,
  Payload,
  runsIn,
  type SaidMessage,
  type ThingId,
} from '@thingtalk/core';

/** The layout of the file. A higher number in it was written by a newer program. */
export const layout = 1;

const tables = `
  create table if not exists thing (
    id text primary key,
    said_e integer, said_s integer, said_values text,
    stored_e integer not null default 0, stored_s integer not null default 0
  ) without rowid;
  create table if not exists said (
    thing text not null, e integer not null, s integer not null, part text not null, body text not null,
    primary key (thing, e, s)
  ) without rowid;
  create table if not exists run (
    thing text not null, id text not null, status text not null,
    primary key (thing, id)
  ) without rowid;
  pragma user_version = ${layout};`;

/** How long the process that had the file before may take to let go of it, in milliseconds. */
const busyMs = 2_000;

/** The file in which the Things of one process keep what they said. Each call is one transaction. */
export class OutboxFile implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the file, and makes it where it is not there; nobody else may have it open. */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    try {
      this.#db.exec(`pragma busy_timeout = ${busyMs}; pragma locking_mode = exclusive`);
      this.#db.exec('pragma journal_mode = wal; pragma synchronous = normal');
      // Takes the lock now: who comes second shall hear it at once.
      this.#db.exec('begin immediate; commit');
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Which layout it has; 0 for a new one. */
  get layout(): number {
    return Number(this.#db.prepare('pragma user_version').get()?.user_version);
  }

  /** Makes the tables; always writes, so that the log is there. */
  prepare(): void {
    this.#db.exec(`begin immediate; ${tables} commit`);
  }

  /** What was known of a Thing; `undefined` when it is new. */
  load(thing: ThingId): OutboxState | undefined {
    const row = this.#sql('select * from thing where id = ?').get(thing);
    if (row === undefined) return undefined;
    const said = this.#sql('select * from said where thing = ? order by e, s').all(thing);
    const messages = said.map(({ e, s, part, body }) =>
      message(part as SaidMessage['part'], { e: Number(e), s: Number(s) }, String(body)),
    );
    if (row.said_values !== null) {
      const stamp = { e: Number(row.said_e), s: Number(row.said_s) };
      messages.push(message('values', stamp, String(row.said_values)));
    }
    const runs = this.#sql('select status from run where thing = ?').all(thing);
    return {
      stored: { e: Number(row.stored_e), s: Number(row.stored_s) },
      messages,
      openRuns: runs.map(({ status }) => JSON.parse(String(status)) as ActionStatus),
    };
  }

  add(thing: ThingId, { part, stamp, payload }: SaidMessage): void {
    const { e, s } = stamp;
    if (part === 'values') {
      this.#sql(
        `insert into thing (id, said_e, said_s, said_values) values (?, ?, ?, ?)
         on conflict (id) do update set said_e = excluded.said_e, said_s = excluded.said_s, said_values = excluded.said_values`,
      ).run(thing, e, s, payload.text());
      return;
    }
    this.#together(() => {
      this.#sql('insert or ignore into thing (id) values (?)').run(thing);
      this.#sql('insert into said values (?, ?, ?, ?, ?)').run(thing, e, s, part, payload.text());
      if (part === 'action') for (const run of runsIn(payload)) this.#follow(thing, run);
    });
  }

  trim(thing: ThingId, { e, s }: EntryStamp): void {
    this.#together(() => {
      this.#sql('delete from said where thing = ? and (e, s) <= (?, ?)').run(thing, e, s);
      this.#sql(
        'update thing set stored_e = ?, stored_s = ? where id = ? and (stored_e, stored_s) < (?, ?)',
      ).run(e, s, thing, e, s);
    });
  }

  forget(thing: ThingId): void {
    this.#together(() => {
      this.#sql('delete from thing where id = ?').run(thing);
      for (const table of ['said', 'run']) {
        this.#sql(`delete from ${table} where thing = ?`).run(thing);
      }
    });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #follow(thing: ThingId, run: ActionStatus): void {
    if (run.timeEnded !== undefined) {
      this.#sql('delete from run where thing = ? and id = ?').run(thing, run.id);
      return;
    }
    const status = JSON.stringify(run);
    this.#sql('insert or replace into run values (?, ?, ?)').run(thing, run.id, status);
  }

  #together(work: () => void): void {
    this.#db.exec('begin immediate');
    try {
      work();
      this.#db.exec('commit');
    } catch (error) {
      // A full disk has ended it already.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  #sql(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function message(part: SaidMessage['part'], stamp: EntryStamp, text: string): SaidMessage {
  return { part, stamp, payload: Payload.ofText(text) };
}

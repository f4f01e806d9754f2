/**
 * What the raw baselines do when an answer is to mean stored: SQLite with the settings of ours, one transaction for all that
 * came in one turn of the loop, of which the last value is the one to keep. Written by hand for this one value, in the
 * thread that asks.
 */
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type DataDirectory, dataDirectory } from './data-directory.ts';

/** The brightness, on disk. */
export class StoredValue implements Disposable {
  readonly #data: DataDirectory = dataDirectory();
  readonly #db: DatabaseSync;
  readonly #update: StatementSync;
  #turn: { value: number; times: number; readonly end: PromiseWithResolvers<void> } | undefined;

  constructor() {
    this.#db = new DatabaseSync(join(this.#data.path, 'value.db'));
    this.#db.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal;
      pragma synchronous = full; create table property (value integer, version integer);
      insert into property values (50, 1)`);
    this.#update = this.#db.prepare('update property set value = ?, version = version + ?');
  }

  /** Resolves once the value, or a later one of the same turn, is on disk. */
  write(value: number): Promise<void> {
    if (this.#turn === undefined) {
      this.#turn = { value, times: 0, end: Promise.withResolvers() };
      setImmediate(() => this.#commit());
    }
    this.#turn.value = value;
    this.#turn.times++;
    return this.#turn.end.promise;
  }

  [Symbol.dispose](): void {
    this.#db.close();
    this.#data[Symbol.dispose]();
  }

  #commit(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn === undefined) return;
    this.#update.run(turn.value, turn.times);
    turn.end.resolve();
  }
}

import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { ChangesWanted, ListOptions, Logger } from '@thingtalk/core';
import { documentText, type ListText, listText } from '../documents/document-texts.ts';
import type { DocumentWrite } from '../documents/documents.ts';
import type { EventsWanted } from '../journal/journal-reader.ts';
import { storageFull } from '../journal/space-watch.ts';
import { reportTo } from '../schema/damage.ts';
import type { Kept } from '../storage.ts';
import { Ballast } from './ballast.ts';
import { lockDirectory } from './directory-lock.ts';
import type { FirstLook } from './first-look.ts';
import { JournalWriter } from './journal-writer.ts';
import type { OpenDatabase } from './open-checked.ts';
import type { Queries } from './queries.ts';
import { openOrRescue } from './rescue.ts';
import { isFull } from './sqlite-errors.ts';
import { pageBytes } from './sqlite-file.ts';
import { ThingPages, type ThingPageText } from './thing-pages.ts';
import { explained } from './unusable-file.ts';
import { type Failure, pack } from './worker-calls.ts';

/** How the engine is set up; it travels to the worker. */
export interface EngineSettings extends Kept {
  readonly directory: string;
  readonly ballastBytes: number;
  /** When it is opened, in milliseconds since 1970: names the damaged file that is kept. */
  readonly now: number;
}

/** Pages that are given back to the disk together. */
const shrinkPages = 64;

/** The database with all that is done in it, one call after the other, in the worker's thread. */
export class Engine {
  readonly #db: DatabaseSync;
  readonly #loadQueries: () => Promise<Queries>;
  readonly #things: ThingPages;
  /** What was read at the opening, until it is asked for or no longer true. */
  readonly #pages: Map<string, ThingPageText>;
  /** The same of documents. */
  readonly #look: FirstLook;
  readonly #writer: JournalWriter;
  readonly #ballast: Ballast;
  readonly #lock: Disposable;
  #queries: Promise<Queries> | undefined;

  private constructor(
    { db, documents, pages }: OpenDatabase,
    lock: Disposable,
    settings: EngineSettings,
    logger: Logger,
  ) {
    const report = reportTo(logger);
    this.#db = db;
    this.#lock = lock;
    this.#loadQueries = async () => {
      const { openQueries } = await import('./queries.ts');
      return openQueries(db, { ...settings, report });
    };
    this.#things = new ThingPages(db, report);
    this.#pages = pages;
    this.#look = documents;
    this.#writer = new JournalWriter(db, settings.eventsKept);
    this.#ballast = ballastOf(settings);
    // The log stays so short that the ballast's space is enough to write all of it back.
    db.exec(`pragma wal_autocheckpoint = ${Math.ceil(settings.ballastBytes / 2 / pageBytes)}`);
    this.#ballast.take();
  }

  /** @throws {@link Problem} `conflict`, `storage-full`, or `storage-unreachable` when the files cannot be used. */
  static async open(settings: EngineSettings, logger: Logger): Promise<Engine> {
    let lock: Disposable | undefined;
    try {
      lock = lockDirectory(settings.directory);
      return new Engine(await openWithin(settings, logger), lock, settings, logger);
    } catch (error) {
      lock?.[Symbol.dispose]();
      throw explained(error, pathOf(settings));
    }
  }

  commit(text: string): Promise<void> {
    this.#pages.clear();
    return this.#writing(() => this.#writer.commit(text));
  }

  write(write: DocumentWrite) {
    this.#look.end();
    return this.#writing(async () => (await this.#asked()).documents.write(write));
  }

  /** Several writes in one transaction: why each was refused, packed for the other thread. */
  writeAll(writes: readonly DocumentWrite[]): Promise<readonly (Failure | undefined)[]> {
    this.#look.end();
    return this.#writing(async () => {
      const { documents } = await this.#asked();
      const refusals = await this.#together(() => documents.writeAll(writes));
      return refusals.map((refusal) => refusal && pack(refusal));
    });
  }

  async newest(collection: string, key: string) {
    return (await this.#asked()).documents.newest(collection, key);
  }

  async versions(collection: string, key: string) {
    return (await this.#asked()).documents.versions(collection, key);
  }

  /** A list as texts, for `readList`. */
  async list(collection: string, options: ListOptions): Promise<ListText> {
    const known = this.#look.list(collection, options);
    if (known !== undefined) return known;
    const { documents } = await this.#asked();
    return listText((await documents.list(collection, options)).map(documentText));
  }

  async changes(wanted: ChangesWanted) {
    return (await this.#asked()).documents.changes(wanted);
  }

  async place(): Promise<number> {
    return this.#look.place ?? (await this.#asked()).documents.place();
  }

  async page(after: string): Promise<ThingPageText> {
    const page = this.#pages.get(after) ?? this.#things.page(after);
    this.#pages.delete(after);
    return page;
  }

  async events(thing: string, wanted: EventsWanted) {
    return (await this.#asked()).reader.events(thing, wanted);
  }

  /** Gives the disk back what was freed in the file, and takes the ballast again if there is space for it. */
  async makeRoom(): Promise<boolean> {
    try {
      this.#shrink();
      return this.#ballast.take();
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#db.close();
    this.#lock[Symbol.dispose]();
  }

  /** Loaded when first needed: a start needs none of it. */
  #asked(): Promise<Queries> {
    this.#queries ??= this.#loadQueries();
    return this.#queries;
  }

  async #writing<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#ballast.drop();
      this.#emptyLog();
      throw storageFull(error);
    }
  }

  async #together<T>(work: () => Promise<T>): Promise<T> {
    this.#db.exec('begin immediate');
    try {
      const result = await work();
      this.#db.exec('commit');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  /** So that what is let through, as forgetting a Thing, has the space of the log. */
  #emptyLog(): void {
    try {
      this.#db.exec('pragma wal_checkpoint(truncate)');
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** In small steps, each of which leaves the log empty: there is no space for a long one. */
  #shrink(): void {
    for (let free = Number.POSITIVE_INFINITY; ; ) {
      this.#db.exec('pragma wal_checkpoint(truncate)');
      const left = Number(this.#db.prepare('pragma freelist_count').get()?.freelist_count);
      if (left === 0 || left >= free) return;
      free = left;
      this.#db.exec(`pragma incremental_vacuum(${shrinkPages})`);
    }
  }
}

const pathOf = ({ directory }: EngineSettings) => join(directory, 'thingtalk.db');

const ballastOf = ({ directory, ballastBytes }: EngineSettings) =>
  new Ballast(join(directory, 'ballast'), ballastBytes);

/**
 * Opens the database. Where that needs space, as to bring it to a new schema or to rescue it, the ballast's is used.
 *
 * @throws {@link Problem} `storage-full` when that is not enough: the database is as it was.
 */
async function openWithin(settings: EngineSettings, logger: Logger): Promise<OpenDatabase> {
  const path = pathOf(settings);
  const open = () => openOrRescue(path, settings.now, logger);
  try {
    return await open();
  } catch (error) {
    if (!isFull(error)) throw error;
    ballastOf(settings).drop();
    logger.warn(
      { database: path },
      'the disk is full: the database is opened in what was kept free',
    );
  }
  try {
    return await open();
  } catch (error) {
    throw isFull(error) ? storageFull(error) : error;
  }
}

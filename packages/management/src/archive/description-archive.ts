import {
  type Bus,
  type BusDirectory,
  type Clock,
  type EntryHistory,
  type Keep,
  type Logger,
  Payload,
  Problem,
  returnMs,
  type Store,
  type StoredText,
  type StoreWrite,
  type ThingId,
  type ThingNote,
  type ThingRecord,
  type Things,
  type Timer,
  type Topics,
} from '@thingtalk/core';
import {
  type DescriptionText,
  descriptionOf,
  descriptionsCollection,
  readDescription,
  readDescriptionText,
  textOf,
} from './description.ts';
import { Scribe } from './scribe.ts';

/** Who writes descriptions: they are the Things' own words. */
const author = 'bus';

/** What a {@link DescriptionArchive} works with. */
export interface DescriptionArchiveParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bus: Bus;
  readonly topics: Topics;
  /** Tells the bus from those of other gateways that share the store: each has the Things of its own. */
  readonly busName: string;
  /** How a broker that begins with nothing is given what there was; `undefined` of one that keeps it itself. */
  readonly keep: Keep | undefined;
  /** How long its end may take, in milliseconds, while there is something to be written. Default 4,000. */
  readonly drainMs?: number;
}

/**
 * Keeps what Things on the bus say of themselves, and says it again for them when a broker begins with nothing:
 * a restart of the gateway loses no Thing, whether or not it is there to announce itself. With a broker that keeps them
 * itself, those that do not come back were taken away while nobody listened, and are let go.
 */
export class DescriptionArchive implements AsyncDisposable {
  /** Collection in which they are kept. */
  readonly collection: string;
  readonly #with: DescriptionArchiveParts;
  readonly #scribe: Scribe;
  /** What was kept of Things that have not come back yet. */
  readonly #absent = new Map<ThingId, DescriptionText>();
  /** Of every Thing that is kept whether it was said to answer: all that is held of it once it is there. */
  readonly #kept = new Map<ThingId, boolean>();
  #stop: (() => void) | undefined;
  #waiting: Timer | undefined;

  private constructor(parts: DescriptionArchiveParts) {
    this.collection = descriptionsCollection(parts.busName);
    this.#with = parts;
    this.#scribe = new Scribe({
      clock: parts.clock,
      onError: (failed) => {
        const [[thing, error] = []] = failed;
        const told = { things: failed.size, thing, error };
        parts.logger.error(
          told,
          'descriptions could not be kept: they are tried again in a minute',
        );
      },
    });
  }

  /** Reads what is kept; a broker that begins with nothing is given it, and that no Thing is there until it says so itself. */
  static async open(parts: DescriptionArchiveParts): Promise<DescriptionArchive> {
    const archive = new DescriptionArchive(parts);
    await moveFromBefore(parts.store, archive.collection);
    for await (const page of pagesOf(parts.store, archive.collection)) {
      for (const document of page) archive.#recollect(document);
    }
    return archive;
  }

  /** What a Thing that comes was when it was last here. To be asked once; what is new about it is kept. */
  recall(thing: ThingRecord): EntryHistory | undefined {
    const { id } = thing;
    const known = this.#absent.get(id);
    this.#absent.delete(id);
    if (known?.text === textOf(thing)) return known;
    this.#scribe.plan(id);
    if (known === undefined) return undefined;
    const { created, version } = known;
    return { created, modified: this.#with.clock.now(), version: version + 1 };
  }

  /** Keeps what is known now, and what comes. */
  keep(things: Things, directory: BusDirectory): void {
    this.#stop = things.watch('all', (note) => this.#hear(note));
    for (const thing of things.list()) this.#checkAnswers(thing);
    this.#scribe.begin((ids) =>
      this.#write(
        things,
        ids.map((id) => knownOf(id, things, directory)),
      ),
    );
    if (this.#with.keep === undefined) this.#awaitReturns();
  }

  /** Ends. What is known is written before, and what comes meanwhile, as long as there is time. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { logger, drainMs = 4_000 } = this.#with;
    this.#waiting?.cancel();
    const { count: things, error } = await this.#scribe.close(drainMs);
    this.#stop?.();
    if (things > 0)
      logger.error({ things, error }, 'the descriptions of some Things were not stored');
  }

  /** Remembers what was kept of a Thing, and says it again where nobody else does. */
  #recollect(document: StoredText): void {
    const description = readDescriptionText(document);
    if (description === undefined) return;
    const id = document.key as ThingId;
    this.#absent.set(id, description);
    this.#kept.set(id, description.answers);
    sayAgain(this.#with, description);
  }

  /** Who is not there once the broker has been for a while was cleared from it before. */
  #awaitReturns(): void {
    const { bus, clock } = this.#with;
    const { status } = bus;
    this.#waiting = clock.after(returnMs, () => {
      if (status.state !== 'connected' || status !== bus.status) {
        this.#awaitReturns();
        return;
      }
      for (const id of this.#absent.keys()) this.#scribe.plan(id);
      this.#absent.clear();
    });
  }

  #hear({ kind, thing }: ThingNote): void {
    if (kind === 'updated' || kind === 'removed') this.#scribe.plan(thing.id);
    else if (kind === 'liveness') this.#checkAnswers(thing);
  }

  #checkAnswers({ id, answers }: ThingRecord): void {
    if (this.#kept.has(id) && this.#kept.get(id) !== answers) this.#scribe.plan(id);
  }

  /** Writes what is known of Things now; that of one that is gone is taken away. */
  async #write(things: Things, known: readonly Known[]): Promise<ReadonlyMap<ThingId, unknown>> {
    const told = known.filter(({ id, description }) => description || this.#kept.has(id));
    const refusals = await this.#with.store.writeAll(told.map((one) => this.#writeOf(one)));
    const failed = new Map<ThingId, unknown>();
    for (const [n, one] of told.entries()) {
      const problem = await this.#settle(one, refusals[n]);
      if (problem === undefined) this.#isWritten(one, things.find(one.id));
      else failed.set(one.id, problem);
    }
    return failed;
  }

  /** One that nobody kept yet is not written over where another gateway was faster. */
  #writeOf({ id, description }: Known): StoreWrite {
    const write = { collection: this.collection, key: id, value: description, author };
    const isNew = description !== undefined && !this.#kept.has(id);
    return isNew ? { ...write, ifVersion: 0 } : write;
  }

  /** What is left of a refusal: nothing where another gateway did the same, or what it did may be written over. */
  async #settle(
    { id, description }: Known,
    refusal: Problem | undefined,
  ): Promise<Problem | undefined> {
    if (description === undefined && refusal?.name === 'not-found') return undefined;
    if (description === undefined || refusal?.name !== 'precondition-failed') return refusal;
    const { store } = this.#with;
    const { collection } = this;
    const other = await store.get(collection, id);
    const known = other && readDescription(other);
    if (JSON.stringify(known?.td) === JSON.stringify(description.td)) return undefined;
    const [again] = await store.writeAll([{ collection, key: id, value: description, author }]);
    return again;
  }

  #isWritten({ id, description }: Known, thing: ThingRecord | undefined): void {
    if (description === undefined) this.#kept.delete(id);
    else this.#kept.set(id, description.answers);
    if (thing !== undefined) this.#checkAnswers(thing);
  }
}

/** What is known of a Thing when its turn comes; of one that is gone nothing. */
interface Known {
  readonly id: ThingId;
  readonly description: ReturnType<typeof descriptionOf> | undefined;
}

function knownOf(id: ThingId, things: Things, directory: BusDirectory): Known {
  const [thing, entry] = [things.find(id), directory.find(id)];
  return { id, description: thing && entry && descriptionOf(thing, entry) };
}

/** How many documents are read at once: what was made of one page is let go before the next. */
const pageSize = 500;

/** A collection by the page, each asked for while the one before is worked on. */
async function* pagesOf(store: Store, collection: string): AsyncGenerator<readonly StoredText[]> {
  const ask = (after?: string) =>
    store.listTexts(collection, { limit: pageSize, ...(after !== undefined && { after }) });
  for (let next: ReturnType<typeof ask> | undefined = ask(); next !== undefined; ) {
    const page: readonly StoredText[] = await next;
    next = page.length < pageSize ? undefined : ask(page.at(-1)?.key);
    // Who stops before it comes does not hear that it failed.
    next?.catch(() => {});
    yield page;
  }
}

/** Where programs kept them that knew of one bus alone. */
const collectionOfBefore = 'descriptions';

/** Takes what a program of before has kept, each one once, with the history it had. */
async function moveFromBefore(store: Store, collection: string): Promise<void> {
  for (const document of await store.list(collectionOfBefore)) {
    const { key } = document;
    const description = readDescription(document);
    if (description !== undefined) {
      const value = { ...description };
      await store
        .put(collection, key, value, { author, ifVersion: 0 })
        .catch(unless('precondition-failed'));
    }
    await store.delete(collectionOfBefore, key, { author }).catch(unless('not-found'));
  }
}

const offline = Payload.of({ online: false, protocol: 1, $: { e: 0, c: 0 } });

/** Puts what a Thing said where it was retained. */
function sayAgain(
  { keep, topics }: DescriptionArchiveParts,
  { level, answers, text }: DescriptionText,
): void {
  keep?.(topics.at(level, 'td'), Payload.ofText(text));
  if (answers) keep?.(topics.at(level, 'status'), offline);
}

/** Takes one problem for an answer: none. */
function unless(name: Problem['name']): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof Problem && error.name === name) return undefined;
    throw error;
  };
}

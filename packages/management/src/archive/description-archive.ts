import {
  type Bus,
  type BusDirectory,
  type BusEntry,
  type Clock,
  type EntryHistory,
  type Logger,
  Payload,
  Problem,
  type Store,
  type ThingId,
  type ThingNote,
  type ThingRecord,
  type Things,
  type Topics,
} from '@thingtalk/core';
import {
  descriptionsCollection as collection,
  type Description,
  descriptionOf,
  digest,
  readDescription,
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
}

/** What was kept of a Thing that has not come back yet. */
interface Absent extends EntryHistory {
  readonly digest: string;
}

/**
 * Keeps what Things on the bus say of themselves, and says it again for them when a broker begins with nothing:
 * a restart of the gateway loses no Thing, whether or not it is there to announce itself.
 */
export class DescriptionArchive implements AsyncDisposable {
  readonly #with: DescriptionArchiveParts;
  readonly #scribe: Scribe;
  readonly #absent = new Map<ThingId, Absent>();
  /** Of every Thing that is kept whether it was said to answer: all that is held of it once it is there. */
  readonly #kept = new Map<ThingId, boolean>();
  #stop: (() => void) | undefined;

  private constructor(parts: DescriptionArchiveParts) {
    this.#with = parts;
    this.#scribe = new Scribe(parts.clock, (id, error) =>
      parts.logger.error({ thing: id, error }, 'a description could not be kept'),
    );
  }

  /**
   * Reads what is kept.
   *
   * @param say publishes each description, retained, and that its Thing is not there until it says so itself. Left out
   * where the broker keeps them.
   */
  static async open(
    parts: DescriptionArchiveParts,
    say?: { readonly bus: Bus; readonly topics: Topics },
  ): Promise<DescriptionArchive> {
    const archive = new DescriptionArchive(parts);
    for (const document of await parts.store.list(collection)) {
      const description = readDescription(document);
      if (description === undefined) continue;
      const text = JSON.stringify(description.td);
      archive.#remember(document.key as ThingId, description, digest(text));
      if (say !== undefined) await sayAgain(say.bus, say.topics, description, text);
    }
    return archive;
  }

  /** What a Thing that comes was when it was last here. To be asked once; what is new about it is kept. */
  recall(thing: ThingRecord): EntryHistory | undefined {
    const { id } = thing;
    const known = this.#absent.get(id);
    this.#absent.delete(id);
    if (known?.digest === digest(textOf(thing))) return known;
    this.#scribe.plan(id);
    if (known === undefined) return undefined;
    const { created, version } = known;
    return { created, modified: this.#with.clock.now(), version: version + 1 };
  }

  /** Keeps what is known now, and what comes. */
  keep(things: Things, directory: BusDirectory): void {
    this.#stop = things.watch('all', (note) => this.#hear(note));
    for (const thing of things.list()) this.#checkAnswers(thing);
    this.#scribe.begin((id) => this.#write(id, things.find(id), directory.find(id)));
  }

  /** Ends; what is being written is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop?.();
    await this.#scribe[Symbol.asyncDispose]();
  }

  #remember(id: ThingId, description: Description, text: string): void {
    const { created, modified, version, answers } = description;
    this.#absent.set(id, { created, modified, version, digest: text });
    this.#kept.set(id, answers);
  }

  #hear({ kind, thing }: ThingNote): void {
    if (kind === 'updated' || kind === 'removed') this.#scribe.plan(thing.id);
    else if (kind === 'liveness') this.#checkAnswers(thing);
  }

  #checkAnswers({ id, answers }: ThingRecord): void {
    if (this.#kept.has(id) && this.#kept.get(id) !== answers) this.#scribe.plan(id);
  }

  async #write(
    id: ThingId,
    thing: ThingRecord | undefined,
    entry: BusEntry | undefined,
  ): Promise<void> {
    const { store } = this.#with;
    if (thing !== undefined && entry !== undefined) {
      const { answers } = thing;
      await this.#put(id, descriptionOf(thing, entry));
      this.#kept.set(id, answers);
      this.#checkAnswers(thing);
    } else if (this.#kept.delete(id)) {
      await store.delete(collection, id, { author }).catch(unless('not-found'));
    }
  }

  /** One that nobody kept yet is not written over where another gateway was faster with the same. */
  async #put(id: ThingId, description: Description): Promise<void> {
    const { store } = this.#with;
    const value = { ...description };
    if (!this.#kept.has(id)) {
      const isNew = await store
        .put(collection, id, value, { author, ifVersion: 0 })
        .catch(unless('precondition-failed'));
      if (isNew !== undefined) return;
      const other = await store.get(collection, id);
      const known = other && readDescription(other);
      if (JSON.stringify(known?.td) === JSON.stringify(description.td)) return;
    }
    await store.put(collection, id, value, { author });
  }
}

/** Says for a Thing what it said. */
async function sayAgain(
  bus: Bus,
  topics: Topics,
  { level, answers }: Description,
  text: string,
): Promise<void> {
  await bus.publish(topics.at(level, 'td'), Payload.ofText(text), { retain: true });
  if (!answers) return;
  const offline = Payload.of({ online: false, protocol: 1, $: { e: 0, c: 0 } });
  await bus.publish(topics.at(level, 'status'), offline, { retain: true });
}

/** Takes one problem for an answer: none. */
function unless(name: Problem['name']): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof Problem && error.name === name) return undefined;
    throw error;
  };
}

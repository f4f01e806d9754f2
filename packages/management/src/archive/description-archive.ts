import {
  type Bus,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Logger,
  Payload,
  type Store,
  type ThingNote,
  type ThingRecord,
  type Things,
  type Topics,
} from '@thingtalk/core';

/** Where the descriptions are kept. */
const collection = 'descriptions';

/** Who writes them: they are the Things' own words. */
const author = 'bus';

/** What a {@link DescriptionArchive} works with. */
export interface DescriptionArchiveParts {
  readonly store: Store;
  readonly logger: Logger;
}

/**
 * Keeps what Things on the bus say of themselves, and says it again for them when a broker begins with nothing:
 * a restart of the gateway loses no Thing, whether or not it is there to announce itself.
 */
export class DescriptionArchive implements AsyncDisposable {
  readonly #store: Store;
  readonly #logger: Logger;
  /** Writes under way, one after the other for each Thing. */
  readonly #writing = new Map<string, Promise<void>>();
  #stop: (() => void) | undefined;

  constructor({ store, logger }: DescriptionArchiveParts) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Publishes every description that is kept, retained, and that its Thing is not there until it says so itself. */
  async seed(bus: Bus, topics: Topics): Promise<void> {
    for (const { value } of await this.#store.list(collection)) {
      if (!isJsonObject(value) || typeof value.level !== 'string') continue;
      const { level, answers, td } = value;
      await bus.publish(topics.at(level, 'td'), Payload.ofText(JSON.stringify(td)), {
        retain: true,
      });
      if (answers !== true) continue;
      const offline = Payload.of({ online: false, protocol: 1, $: { e: 0, c: 0 } });
      await bus.publish(topics.at(level, 'status'), offline, { retain: true });
    }
  }

  /** Keeps what is known now, and what comes. */
  keep(things: Things): void {
    this.#stop = things.watch('all', (note) => this.#hear(note));
    for (const record of things.list()) this.#inTurn(record.id, () => this.#put(record));
  }

  /** Ends; what is being written is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop?.();
    await Promise.all(this.#writing.values());
  }

  #hear({ kind, thing }: ThingNote): void {
    if (kind === 'created' || kind === 'updated' || kind === 'liveness') {
      this.#inTurn(thing.id, () => this.#put(thing));
    } else if (kind === 'removed') this.#inTurn(thing.id, () => this.#delete(thing));
  }

  async #put(record: ThingRecord): Promise<void> {
    const known = (await this.#store.get(collection, record.id))?.value;
    const now = documentOf(record);
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(now)) return;
    await this.#store.put(collection, record.id, now, { author });
  }

  async #delete({ id }: ThingRecord): Promise<void> {
    if ((await this.#store.get(collection, id)) === undefined) return;
    await this.#store.delete(collection, id, { author });
  }

  #inTurn(id: string, write: () => Promise<void>): void {
    const turn = (this.#writing.get(id) ?? Promise.resolve())
      .then(write)
      .catch((error: unknown) => {
        this.#logger.error({ thing: id, error }, 'a description could not be kept');
      })
      .finally(() => {
        if (this.#writing.get(id) === turn) this.#writing.delete(id);
      });
    this.#writing.set(id, turn);
  }
}

function documentOf({ level, answers, td }: ThingRecord): JsonObject {
  return { level, answers, td: JSON.parse(JSON.stringify(td)) as JsonValue };
}

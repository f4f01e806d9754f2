import { type EntryStamp, isNotAfter, type JournalEntry, type ThingId } from '@thingtalk/core';
import { checkName } from '../schema/names.ts';

/** A property's newest value in a batch. */
export interface SaidValue {
  readonly name: string;
  /** The value as JSON. */
  readonly text: string;
  readonly time: number;
  /** The number of each message that named it, ascending; zeros where they have none. */
  readonly at: readonly number[];
}

/** What one boot of a Thing said of its properties, in messages that followed one another. */
export interface SaidValues {
  readonly kind: 'said';
  readonly thing: ThingId;
  /** Of the last of these messages; left out for a bare device's. */
  readonly stamp?: EntryStamp;
  readonly said: readonly SaidValue[];
}

/** An entry as it is in a batch: values of one Thing are joined. */
export type BatchEntry = SaidValues | Exclude<JournalEntry, { readonly kind: 'values' }>;

/** Reads the text of a {@link Batch}. */
export const readBatch = (text: string): readonly BatchEntry[] => JSON.parse(text);

type ValuesEntry = JournalEntry & { readonly kind: 'values' };

/** What is committed together. What a Thing says twice of a property costs one value, and the number of its message. */
export class Batch {
  /** Encoded already, or still to be joined with what follows. */
  readonly #pieces: (string | Joint)[] = [];
  /** Joints whose Thing has said nothing else since. */
  readonly #open = new Map<ThingId, Joint>();
  readonly #settled = Promise.withResolvers<void>();
  #bytes = 0;

  /** Settles with the commit, for all whose entries are in it. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** How long {@link text} is about to be. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds an entry, as it is now.
   *
   * @throws {@link Problem} `bad-request` for a name that cannot be stored.
   */
  add(entry: JournalEntry): void {
    if (entry.kind === 'values') this.#join(entry);
    else {
      checkNames(entry);
      const text = JSON.stringify(entry);
      this.#open.delete(entry.thing);
      this.#pieces.push(text);
      this.#bytes += Buffer.byteLength(text);
    }
  }

  /** All entries as one text, for {@link readBatch}. */
  text(): string {
    const texts = this.#pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text()));
    return `[${texts.join(',')}]`;
  }

  /** Tells all who wait that it is on disk. */
  resolve(): void {
    this.#settled.resolve();
  }

  /** Tells all who wait why it is not. */
  reject(reason: unknown): void {
    this.#settled.reject(reason);
  }

  #join(entry: ValuesEntry): void {
    const open = this.#open.get(entry.thing);
    if (open?.canTake(entry.stamp)) {
      const before = open.bytes;
      open.take(entry);
      this.#bytes += open.bytes - before;
      return;
    }
    checkName('id of a Thing', entry.thing);
    const joint = new Joint(entry);
    this.#open.set(entry.thing, joint);
    this.#pieces.push(joint);
    this.#bytes += joint.bytes;
  }
}

/** Values that are being joined. */
class Joint {
  readonly #thing: ThingId;
  #stamp: EntryStamp | undefined;
  readonly #said = new Map<string, { text: string; time: number; readonly at: number[] }>();
  bytes: number;

  constructor(first: ValuesEntry) {
    this.#thing = first.thing;
    this.bytes = first.thing.length + 60;
    this.take(first);
  }

  /** Whether a message with this stamp can be joined: a later one of the same boot, or all without. */
  canTake(stamp: EntryStamp | undefined): boolean {
    const last = this.#stamp;
    if (stamp === undefined || last === undefined) return stamp === last;
    return stamp.e === last.e && !isNotAfter(stamp, last);
  }

  take({ stamp, time, values }: ValuesEntry): void {
    // All of them before any is taken: what is refused leaves nothing behind.
    for (const name in values) if (!this.#said.has(name)) checkName('name of a property', name);
    this.#stamp = stamp;
    for (const name in values) {
      const text = JSON.stringify(values[name]);
      const said = this.#said.get(name);
      if (said === undefined) {
        this.#said.set(name, { text, time, at: [stamp?.s ?? 0] });
        this.bytes += Buffer.byteLength(name) + Buffer.byteLength(text) + 50;
      } else {
        this.bytes += Buffer.byteLength(text) - Buffer.byteLength(said.text) + 8;
        said.text = text;
        said.time = time;
        said.at.push(stamp?.s ?? 0);
      }
    }
  }

  text(): string {
    const said = [...this.#said].map(([name, value]) => ({ name, ...value }));
    const entry = { kind: 'said', thing: this.#thing, stamp: this.#stamp, said };
    return JSON.stringify(entry satisfies { [K in keyof SaidValues]: unknown });
  }
}

function checkNames(entry: Exclude<JournalEntry, ValuesEntry>): void {
  checkName('id of a Thing', entry.thing);
  if ('name' in entry) checkName(`name of an ${entry.kind}`, entry.name);
  if (entry.kind === 'action') checkName('id of an action', entry.status.id);
  if (entry.kind === 'action-forgotten') checkName('id of an action', entry.id);
}

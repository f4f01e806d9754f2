import {
  type Clock,
  type DirectoryChange,
  diffPatch,
  type JsonObject,
  type ThingDirectory,
  type Timer,
} from '@thingtalk/core';
import { type Place, placeTime } from '../feed/change-place.ts';
import type { EntryRenderer } from '../td/served-entry.ts';
import { EventStream } from './event-stream.ts';

/** How often a silent stream says that it is alive, in milliseconds. */
const heartbeatMs = 15_000;

/** How many changes are remembered, and how many characters of Thing Descriptions they may hold on to. */
const remembered = { changes: 10_000, characters: 16 * 1024 * 1024 };

/** What a reader of a directory's changes wants. */
export interface DirectoryScope {
  /** `undefined` for all kinds. */
  readonly kind: DirectoryChange['kind'] | undefined;
  /** With what was created, or changed, rather than the id alone. */
  readonly diff: boolean;
  /** Scheme and authority as the client knows them. */
  readonly base: string;
}

interface Reader {
  readonly scope: DirectoryScope;
  readonly stream: EventStream;
}

interface Remembered {
  readonly place: Place;
  readonly change: DirectoryChange;
  readonly characters: number;
}

/** What {@link DirectoryStreams} work with. */
export interface DirectoryStreamsParts {
  readonly directory: ThingDirectory;
  readonly entries: EntryRenderer;
  readonly clock: Clock;
}

/**
 * Tells of the changes of a directory by server-sent events; who reconnects gets what it missed.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-notification | WoT Discovery, 7.3.2.2}
 */
export class DirectoryStreams implements Disposable {
  readonly #with: DirectoryStreamsParts;
  readonly #readers = new Set<Reader>();
  readonly #stop: () => void;
  readonly #log: Remembered[] = [];
  #characters = 0;
  #last: Place;
  /** Everything after this is remembered. */
  #horizon: Place;
  #heartbeat: Timer;

  constructor(parts: DirectoryStreamsParts) {
    this.#with = parts;
    this.#last = parts.clock.now() * 1_000;
    this.#horizon = this.#last;
    this.#stop = parts.directory.watch((change) => this.#hear(change));
    this.#heartbeat = parts.clock.after(heartbeatMs, () => this.#beat());
  }

  /** Opens a stream of what `scope` covers, from now on, or from `last` on. */
  stream(scope: DirectoryScope, last: Place | undefined): EventStream {
    const reader: Reader = {
      scope,
      stream: new EventStream(this.#opening(scope, last), () => this.#readers.delete(reader)),
    };
    this.#readers.add(reader);
    return reader.stream;
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#heartbeat.cancel();
    for (const { stream } of [...this.#readers]) stream.end();
  }

  #hear(change: DirectoryChange): void {
    this.#last = Math.max(this.#last + 1, this.#with.clock.now() * 1_000);
    const characters = sizeOf(change.before) + sizeOf(change.after);
    const one = { place: this.#last, change, characters };
    this.#log.push(one);
    this.#characters += characters;
    while (
      this.#log.length > remembered.changes ||
      (this.#characters > remembered.characters && this.#log.length > 1)
    ) {
      const oldest = this.#log.shift();
      this.#characters -= oldest?.characters ?? 0;
      this.#horizon = oldest?.place ?? this.#horizon;
    }
    for (const { scope, stream } of [...this.#readers]) {
      if (covers(scope, change)) stream.push(this.#frame(one, scope));
    }
  }

  /** What a stream begins with: what was missed, and the id that stands for now. */
  #opening(scope: DirectoryScope, last: Place | undefined): string {
    const now = `id: ${placeTime(this.#last)}\n\n`;
    if (last === undefined) return now;
    const missed = this.#log
      .filter(({ place, change }) => place > last && covers(scope, change))
      .map((one) => this.#frame(one, scope))
      .join('');
    return last >= this.#horizon ? missed + now : this.#present(scope, last) + now;
  }

  /** Where the changes themselves are forgotten, what stands instead: all that is new or changed since. Deletions it cannot tell. */
  #present(scope: DirectoryScope, last: Place): string {
    const frames = this.#with.directory
      .list()
      .filter(({ modified }) => modified * 1_000 >= last)
      .map((after) => {
        const isNew = after.created * 1_000 >= last;
        return {
          kind: isNew ? ('thing_created' as const) : ('thing_updated' as const),
          id: after.id,
          before: undefined,
          after,
        };
      })
      .filter((change) => covers(scope, change))
      .map((change) => this.#frame({ place: this.#last, change }, scope));
    return `: not all that came after ${placeTime(last)} is known; what stands since then follows\n\n${frames.join('')}`;
  }

  #frame({ place, change }: Pick<Remembered, 'place' | 'change'>, scope: DirectoryScope): string {
    const data = scope.diff ? this.#difference(change, scope.base) : { id: change.id };
    return `event: ${change.kind}\ndata: ${JSON.stringify(data)}\nid: ${placeTime(place)}\n\n`;
  }

  #difference({ id, kind, before, after }: DirectoryChange, base: string): JsonObject {
    const { entries } = this.#with;
    if (kind === 'thing_deleted' || after === undefined) return { id };
    const present = JSON.parse(entries.render(after, base)) as JsonObject;
    if (before === undefined) return present;
    return { id, ...diffPatch(JSON.parse(entries.render(before, base)) as JsonObject, present) };
  }

  #beat(): void {
    for (const { stream } of this.#readers) stream.push(': alive\n\n');
    this.#heartbeat = this.#with.clock.after(heartbeatMs, () => this.#beat());
  }
}

function covers({ kind }: DirectoryScope, change: DirectoryChange): boolean {
  return kind === undefined || kind === change.kind;
}

/** Things of the bus share most of their text with the twins. */
function sizeOf(entry: DirectoryChange['after']): number {
  return entry === undefined ? 0 : (entry.kind === 'bus' ? entry.head : entry.json).length;
}

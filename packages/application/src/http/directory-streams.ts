import {
  type Access,
  type Clock,
  type DirectoryChange,
  type DirectoryLog,
  diffPatch,
  type JsonObject,
  type LoggedChange,
  type LogPage,
  type Timer,
} from '@thingtalk/core';
import type { DirectoryViews } from '../access/reader-views.ts';
import type { EntryRenderer } from '../td/served-entry.ts';
import { DirectoryStream } from './directory-stream.ts';

/** How often a silent stream says that it is alive, in milliseconds. */
const heartbeatMs = 15_000;

/** How many changes are read at once. */
const pageSize = 64;

/** What a reader of a directory's changes wants. */
export interface DirectoryScope {
  /** `undefined` for all kinds. */
  readonly kind: DirectoryChange['kind'] | undefined;
  /** With what was created, or changed, rather than the id alone. */
  readonly diff: boolean;
  /** Scheme and authority as the client knows them. */
  readonly base: string;
  /** Whose entries are told of, and how: as it may see them. */
  readonly access: Access;
}

/** What {@link DirectoryStreams} work with. */
export interface DirectoryStreamsParts {
  readonly directories: DirectoryViews;
  readonly log: DirectoryLog;
  readonly entries: EntryRenderer;
  readonly clock: Clock;
}

/**
 * Tells of the changes of a directory by server-sent events; who reconnects gets what it missed. Their ids are places in
 * the log: whole numbers, each higher than those before.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-notification | WoT Discovery, 7.3.2.2}
 */
export class DirectoryStreams implements Disposable {
  readonly #with: DirectoryStreamsParts;
  readonly #streams = new Set<DirectoryStream>();
  readonly #stop: () => void;
  /** What was read last: those who follow what happens now all read the same. */
  #shared: { readonly place: number; readonly page: Promise<LogPage> } | undefined;
  #heartbeat: Timer;

  constructor(parts: DirectoryStreamsParts) {
    this.#with = parts;
    this.#stop = parts.log.watch(() => {
      for (const stream of this.#streams) stream.poke();
    });
    this.#heartbeat = parts.clock.after(heartbeatMs, () => this.#beat());
  }

  /** Opens a stream of what `scope` covers, from now on, or from what came after `last` on. */
  async stream(scope: DirectoryScope, last: number | undefined): Promise<DirectoryStream> {
    const { log } = this.#with;
    const isKnown = last === undefined || (await log.reaches(last));
    const source = {
      newest: () => log.place,
      read: (place: number) => this.#read(place, scope),
    };
    const begin = last !== undefined && isKnown ? last : log.place;
    const first = isKnown ? '' : this.#present(scope);
    const stream = new DirectoryStream(source, begin, first, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#heartbeat.cancel();
    for (const stream of [...this.#streams]) stream.end();
  }

  async #read(place: number, scope: DirectoryScope) {
    if (this.#shared?.place !== place) {
      this.#shared = { place, page: this.#with.log.read(place, pageSize) };
    }
    const shared = this.#shared;
    try {
      const page = await shared.page;
      const told = page.changes.flatMap((change) => this.#told(change, scope));
      return {
        frames: told.map((change) => this.#frame(change, scope)).join(''),
        place: page.place,
      };
    } catch (error) {
      if (this.#shared === shared) this.#shared = undefined;
      throw error;
    }
  }

  /** What the directory holds, for a reader whose last id means nothing here: whatever else it knows is gone. */
  #present(scope: DirectoryScope): string {
    const { directories, log } = this.#with;
    const says =
      ': that id is not known here: all there is follows, and what is not among it is gone\n\n';
    if (scope.kind === 'thing_updated' || scope.kind === 'thing_deleted') return says;
    const frames = directories
      .for(scope)
      .list()
      .map((after) => {
        const change = { kind: 'thing_created', id: after.id, before: undefined, after } as const;
        return this.#frame({ ...change, place: log.place }, scope);
      });
    return says + frames.join('');
  }

  /** A change as the reader of `scope` may see it; nothing where it is not to know of it. */
  #told(change: LoggedChange, scope: DirectoryScope): readonly LoggedChange[] {
    if (!covers(scope, change) || !scope.access.sees(change.id)) return [];
    return [this.#with.directories.limited(scope.access)?.change(change) ?? change];
  }

  #frame(change: LoggedChange, scope: DirectoryScope): string {
    const data = scope.diff ? this.#difference(change, scope.base) : { id: change.id };
    return `event: ${change.kind}\ndata: ${JSON.stringify(data)}\nid: ${change.place}\n\n`;
  }

  #difference(change: LoggedChange, base: string): JsonObject {
    const { entries } = this.#with;
    const { id, kind } = change;
    const after = kind === 'thing_deleted' ? undefined : change.after;
    if (after === undefined) return { id };
    const present = JSON.parse(entries.render(after, base)) as JsonObject;
    const { before } = change;
    if (before === undefined) return present;
    return { id, ...diffPatch(JSON.parse(entries.render(before, base)) as JsonObject, present) };
  }

  #beat(): void {
    for (const stream of this.#streams) stream.say(': alive\n\n');
    this.#heartbeat = this.#with.clock.after(heartbeatMs, () => this.#beat());
  }
}

function covers({ kind }: DirectoryScope, change: DirectoryChange): boolean {
  return kind === undefined || kind === change.kind;
}

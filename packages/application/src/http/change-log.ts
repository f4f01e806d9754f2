import type { ThingId } from '@thingtalk/core';

/** What a stream is about: the properties or the events of a Thing, one or all. */
export interface Scope {
  readonly thing: ThingId;
  readonly kind: 'property' | 'event';
  /** `undefined` for all of its kind. */
  readonly name: string | undefined;
}

/** Whether `change` is of what `scope` is about. */
export function covers(scope: Scope, change: Change): boolean {
  return (
    scope.thing === change.thing &&
    scope.kind === change.kind &&
    (scope.name === undefined || scope.name === change.name)
  );
}

/** A property that changed, or an event that happened. Encoded once, when the first reader wants it. */
export class Change {
  readonly thing: ThingId;
  readonly kind: Scope['kind'];
  readonly name: string;
  /** Value or event data as JSON text; `null` for an event that carries none. */
  readonly json: string;
  /** RFC 3339 with microseconds, as `2026-11-24T16:20:48.123456Z`: ids compare as texts. */
  readonly id: string;
  #frame: string | undefined;

  constructor(scope: Scope & { readonly name: string }, json: string, id: string) {
    this.thing = scope.thing;
    this.kind = scope.kind;
    this.name = scope.name;
    this.json = json;
    this.id = id;
  }

  /** The change as a server-sent event. */
  get frame(): string {
    // A line break in a name would end the field.
    this.#frame ??= `event: ${this.name.replace(/[\r\n]/g, ' ')}\ndata: ${this.json}\nid: ${this.id}\n\n`;
    return this.#frame;
  }
}

/** What comes after an id, and whether nothing in between was forgotten. */
export interface Replay {
  readonly changes: readonly Change[];
  readonly complete: boolean;
}

/** How much a {@link ChangeLog} remembers. */
export interface ChangeLogLimits {
  /** Default 10,000. */
  readonly changes: number;
  /** Characters of JSON text of them all. Default 8 Mi. */
  readonly characters: number;
}

const defaultLimits: ChangeLogLimits = { changes: 10_000, characters: 8 * 1024 * 1024 };

/**
 * The last changes of all Things, for readers whose connection broke. When it is full, the oldest are forgotten.
 */
export class ChangeLog {
  readonly #limits: ChangeLogLimits;
  #changes: Change[] = [];
  #start = 0;
  #characters = 0;
  #lastMicros: number;
  /** Everything after this id is remembered. */
  #horizon: string;

  /** @param now when it begins, in milliseconds since 1970: what happened before is not remembered. */
  constructor(now: number, limits: ChangeLogLimits = defaultLimits) {
    this.#limits = limits;
    this.#lastMicros = now * 1_000;
    this.#horizon = formatMicros(this.#lastMicros);
  }

  /** The id of the newest change. */
  get lastId(): string {
    return this.#changes.at(-1)?.id ?? this.#horizon;
  }

  /** Remembers a change; its id is the time `now`, or just after the one before. */
  add(scope: Scope & { readonly name: string }, json: string, now: number): Change {
    this.#lastMicros = Math.max(this.#lastMicros + 1, now * 1_000);
    const change = new Change(scope, json, formatMicros(this.#lastMicros));
    this.#changes.push(change);
    this.#characters += json.length;
    this.#forget();
    return change;
  }

  /** What came after `id` and is covered by `scope`, oldest first. */
  after(id: string, scope: Scope): Replay {
    const changes: Change[] = [];
    for (let at = this.#changes.length - 1; at >= this.#start; at--) {
      const change = this.#changes[at];
      if (change === undefined || change.id <= id) break;
      if (covers(scope, change)) changes.push(change);
    }
    return { changes: changes.reverse(), complete: id >= this.#horizon };
  }

  #forget(): void {
    const { changes, characters } = this.#limits;
    while (this.#changes.length - this.#start > changes || this.#characters > characters) {
      const oldest = this.#changes[this.#start++];
      if (oldest === undefined) break;
      this.#characters -= oldest.json.length;
      this.#horizon = oldest.id;
    }
    // Moving the rest down now and then costs less than a shift for each change.
    if (this.#start > changes) {
      this.#changes = this.#changes.slice(this.#start);
      this.#start = 0;
    }
  }
}

/** Whether a client's `Last-Event-ID` is one of ours. */
export function isChangeId(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text);
}

function formatMicros(micros: number): string {
  const millis = new Date(Math.floor(micros / 1_000)).toISOString().slice(0, -1);
  return `${millis}${String(micros % 1_000).padStart(3, '0')}Z`;
}

import type { JsonValue, Operation } from '@thingtalk/core';
import { Listeners } from './listeners.ts';
import type { ProblemError } from './problem-error.ts';

/** What somebody hears: which property or event, and its value or data. */
export interface Heard {
  readonly name: string;
  readonly value: JsonValue | undefined;
}

/** The two kinds of things one can be interested in, and their operations. */
export const interestOps = {
  properties: {
    one: 'observeproperty',
    stopOne: 'unobserveproperty',
    all: 'observeallproperties',
    stopAll: 'unobserveallproperties',
  },
  events: {
    one: 'subscribeevent',
    stopOne: 'unsubscribeevent',
    all: 'subscribeallevents',
    stopAll: 'unsubscribeallevents',
  },
} as const satisfies Record<string, Record<string, Operation>>;

/** `properties` or `events`. */
export type InterestKind = keyof typeof interestOps;

/** One thing that is wanted: a property or event by name, or all of them. */
export class Wish {
  readonly kind: InterestKind;
  /** `undefined` means all. */
  readonly name: string | undefined;
  readonly listeners = new Listeners<Heard>();
  /** The id of the last notification heard, or that the gateway began after: it can tell again what came since. */
  lastNotificationID: string | undefined;
  #granted = Promise.withResolvers<void>();
  #state: 'asking' | 'granted' | 'refused' = 'asking';

  constructor(kind: InterestKind, name: string | undefined) {
    this.kind = kind;
    this.name = name;
    // Whoever waits hears of a refusal; nobody waiting is no reason to end the process.
    this.#granted.promise.catch(() => {});
  }

  /** Resolves when the gateway first grants it, rejects when it refuses instead. */
  get granted(): Promise<void> {
    return this.#granted.promise;
  }

  get wasGranted(): boolean {
    return this.#state === 'granted';
  }

  grant(): void {
    this.#state = 'granted';
    this.#granted.resolve();
  }

  refuse(problem: ProblemError): void {
    this.#state = 'refused';
    this.#granted.reject(problem);
  }
}

/** What is wanted of one Thing, in one kind. */
export class Interest {
  readonly kind: InterestKind;
  readonly #wishes = new Map<string | undefined, Wish>();
  #covering: Wish | undefined;

  constructor(kind: InterestKind) {
    this.kind = kind;
  }

  get isEmpty(): boolean {
    return this.#wishes.size === 0;
  }

  /** Whether this connection already brings everything of this kind. */
  get coversAll(): boolean {
    return this.#covering !== undefined;
  }

  /**
   * The wishes to put to a new connection.
   *
   * One for all that can be resumed makes the others needless; asked for too, they would bring what was missed once more.
   */
  get wishes(): readonly Wish[] {
    const all = this.#wishes.get(undefined);
    return all?.lastNotificationID === undefined ? [...this.#wishes.values()] : [all];
  }

  /** The connection now brings everything of this kind, as `wish` wanted: whatever else is wanted is granted. */
  cover(wish: Wish): void {
    this.#covering = wish;
    for (const each of this.#wishes.values()) each.grant();
  }

  /** The connection no longer brings everything. */
  uncover(): void {
    this.#covering = undefined;
  }

  /** Whether that very wish is still wanted. */
  has(wish: Wish): boolean {
    return this.#wishes.get(wish.name) === wish;
  }

  /** The wish of that name, and whether it is new. */
  want(name: string | undefined): { readonly wish: Wish; readonly isNew: boolean } {
    const known = this.#wishes.get(name);
    if (known !== undefined) return { wish: known, isNew: false };
    const wish = new Wish(this.kind, name);
    wish.lastNotificationID = this.#covering?.lastNotificationID;
    this.#wishes.set(name, wish);
    return { wish, isNew: true };
  }

  drop(wish: Wish): void {
    if (this.has(wish)) this.#wishes.delete(wish.name);
  }

  /** Tells those who want that name, and those who want all. */
  tell(heard: Heard, notificationID?: string): void {
    const named = this.#wishes.get(heard.name);
    for (const wish of new Set([named, this.#wishes.get(undefined), this.#covering])) {
      if (wish === undefined) continue;
      if (notificationID) wish.lastNotificationID = notificationID;
      wish.listeners.tell(heard);
    }
  }
}

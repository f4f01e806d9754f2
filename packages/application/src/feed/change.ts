import type { ThingId } from '@thingtalk/core';
import { type Place, placeTime } from './change-place.ts';

/** What a reader is about: the properties or the events of a Thing, one or all. */
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

/** What a {@link Change} is made of. */
export interface ChangeInit {
  readonly thing: ThingId;
  readonly kind: Scope['kind'];
  readonly name: string;
  /** Value or event data as JSON text; `undefined` for an event that carries none. */
  readonly json: string | undefined;
  /** When the Thing said it, in milliseconds since 1970. */
  readonly time: number;
}

/** A property that changed, or an event that happened. What doors tell of it is encoded when a reader first wants it. */
export class Change implements ChangeInit {
  readonly thing: ThingId;
  readonly kind: Scope['kind'];
  readonly name: string;
  readonly json: string | undefined;
  readonly time: number;
  /** Where it stands among all changes. */
  readonly place: Place;
  #frame: string | undefined;

  constructor({ thing, kind, name, json, time }: ChangeInit, place: Place) {
    this.thing = thing;
    this.kind = kind;
    this.name = name;
    this.json = json;
    this.time = time;
    this.place = place;
  }

  /** The change as a server-sent event; an event without data has `null`. */
  get frame(): string {
    // A line break in a name would end the field.
    const name = this.name.replace(/[\r\n]/g, ' ');
    this.#frame ??= `event: ${name}\ndata: ${this.json ?? 'null'}\nid: ${placeTime(this.place)}\n\n`;
    return this.#frame;
  }
}

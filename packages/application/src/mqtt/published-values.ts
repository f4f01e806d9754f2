import {
  type Keep,
  Payload,
  type PropertyState,
  type ThingRecord,
  type ThingShape,
} from '@thingtalk/core';
import type { NorthboundTopics } from './northbound-topics.ts';

/** The retained value of each property, kept in step with the twins. */
export class PublishedValues {
  readonly #topics: NorthboundTopics;
  readonly #retain: Keep;
  /** What each Thing with published values looked like: shapes are shared, so this costs a pointer. */
  readonly #shapes = new Map<ThingRecord, ThingShape>();

  /** @param retain publishes a payload that the broker keeps; an empty one clears. */
  constructor(topics: NorthboundTopics, retain: Keep) {
    this.#topics = topics;
    this.#retain = retain;
  }

  /** Publishes a value. Its text is made only if some wire wants it. */
  publish(thing: ThingRecord, name: string, { value }: PropertyState, retain = this.#retain): void {
    if (!this.#shapes.has(thing)) this.#shapes.set(thing, thing.shape);
    retain(this.#topicOf(thing, name), Payload.of(value));
  }

  /** Clears the values of properties that the Thing has no longer, or whose values it took back. */
  clearMissing(thing: ThingRecord): void {
    const before = this.#shapes.get(thing);
    if (before === undefined) return;
    this.#shapes.set(thing, thing.shape);
    for (const name of before.properties.keys()) {
      if (thing.property(name) === undefined) this.#clearOne(thing, name);
    }
  }

  /** Clears all values of a Thing that is gone. */
  clear(thing: ThingRecord): void {
    const shape = this.#shapes.get(thing);
    this.#shapes.delete(thing);
    for (const name of shape?.properties.keys() ?? []) this.#clearOne(thing, name);
  }

  #clearOne(thing: ThingRecord, name: string): void {
    this.#retain(this.#topicOf(thing, name), Payload.empty);
  }

  #topicOf({ level }: ThingRecord, name: string): string {
    return this.#topics.of(level, 'properties', name);
  }
}

import type { ThingId } from '../td/thing-id.ts';
import type { EventData, EventName, PropertyName, PropertyValue } from './thing-definition.ts';

/** A Thing that is served here. */
export interface ExposedThing<T> extends AsyncDisposable {
  readonly id: ThingId;
  /** The value last reported; `undefined` before the first. */
  value<N extends PropertyName<T>>(name: N): PropertyValue<T, N> | undefined;
  /** Says that a property now has this value. Values reported in one tick travel in one message. */
  report<N extends PropertyName<T>>(name: N, value: PropertyValue<T, N>): void;
  /**
   * Says that an event happened. It waits, and is said again, until a gateway has stored it.
   *
   * @throws {@link Problem} `overloaded` when too much waits already, `storage-full` when the disk does not take it.
   */
  emit<N extends EventName<T>>(
    ...event: EventData<T, N> extends undefined ? [name: N] : [name: N, data: EventData<T, N>]
  ): void;
  /** Resolves when a gateway has stored everything that was said so far; at once where it is the gateway's own process. */
  stored(): Promise<void>;
  /** Cancels running actions, says goodbye and stops serving; the TD stays known to the gateway (offline). */
  drain(): Promise<void>;
  /** Takes the Thing away for good: clears what it retained on the bus. */
  remove(): Promise<void>;
}

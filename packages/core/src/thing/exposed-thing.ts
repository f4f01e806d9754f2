import type { ThingId } from '../td/thing-id.ts';
import type { EventData, EventName, PropertyName, PropertyValue } from './thing-definition.ts';

/** A Thing that is served here. */
export interface ExposedThing<T> extends AsyncDisposable {
  readonly id: ThingId;
  /** The value last reported; `undefined` before the first. */
  value<N extends PropertyName<T>>(name: N): PropertyValue<T, N> | undefined;
  /** Says that a property now has this value. Values reported in one tick travel in one message. */
  report<N extends PropertyName<T>>(name: N, value: PropertyValue<T, N>): void;
  /** Says that an event happened. */
  emit<N extends EventName<T>>(
    ...event: EventData<T, N> extends undefined ? [name: N] : [name: N, data: EventData<T, N>]
  ): void;
  /** Cancels running actions, says goodbye and stops serving; the TD stays known to the gateway (offline). */
  drain(): Promise<void>;
  /** Takes the Thing away for good: clears what it retained on the bus. */
  remove(): Promise<void>;
}

import type { Requester } from '../bus/requester.ts';
import type { Command, Topics } from '../bus/topics.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { InteractionOptions } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import type { Confirmations } from './confirmations.ts';
import type { Twin } from './twin.ts';

/** What a {@link TwinReach} works with. */
export interface TwinReachParts {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly confirmations: Confirmations;
  readonly requester: Requester;
  /** How long a Thing may take to answer unless the caller says otherwise, in milliseconds. */
  readonly deadlineMs: number;
}

/** How the Thing behind a twin is reached: asked where it answers, told where it is a bare device. */
export class TwinReach {
  readonly #with: TwinReachParts;

  constructor(parts: TwinReachParts) {
    this.#with = parts;
  }

  /**
   * Asks a Thing that answers.
   *
   * @throws {@link Problem} what it answers, or `thing-unreachable` at the deadline.
   */
  ask(
    twin: Twin,
    command: Command,
    wish: JsonValue,
    options: InteractionOptions,
  ): Promise<JsonValue> {
    return this.#with.requester.request(twin.level, command, Payload.of(wish), {
      deadlineMs: this.deadline(options),
      signal: options.signal,
    });
  }

  /** Has a Thing that answers say again all that was never acknowledged, and then its values; resolves when it has. */
  repeat({ level }: Twin): Promise<JsonValue> {
    const { requester, deadlineMs } = this.#with;
    return requester.request(level, 'get', Payload.empty, { deadlineMs });
  }

  /**
   * Has a Thing take values; resolves with the properties as they then are.
   *
   * @param options `exact` when a bare device confirms by saying these very values, and not just any.
   * @throws {@link Problem} what it refuses them with; `thing-unreachable` at the deadline.
   */
  set(
    twin: Twin,
    values: JsonObject,
    options: InteractionOptions & { readonly exact?: boolean },
  ): Promise<JsonObject> {
    // No step between: a write goes through here each time.
    if (twin.answers) return this.ask(twin, 'set', values, options) as Promise<JsonObject>;
    return this.#setBare(twin, values, options);
  }

  async #setBare(
    twin: Twin,
    values: JsonObject,
    options: InteractionOptions & { readonly exact?: boolean },
  ): Promise<JsonObject> {
    const names = Object.keys(values);
    const isSaid = await this.tell(twin, 'set', values, { ...options, names });
    const isConfirmed = isSaid && options.exact !== true;
    if (!isConfirmed && !names.every((name) => holds(twin, name, values[name]))) {
      throw this.silent(twin, options);
    }
    return valuesOf(twin, names);
  }

  /** Tells a bare device something, and waits until it speaks of the properties; false when it stays silent. */
  async tell(
    twin: Twin,
    command: Command,
    wish: JsonValue,
    { names, ...options }: InteractionOptions & { readonly names: readonly string[] },
  ): Promise<boolean> {
    const confirmed = this.#with.confirmations.wait(twin.id, names, {
      deadlineMs: this.deadline(options),
      signal: options.signal,
    });
    const [isConfirmed] = await Promise.all([confirmed, this.publish(twin, command, wish)]);
    return isConfirmed;
  }

  /** Tells a bare device something, and waits for nothing. */
  publish(twin: Twin, command: Command, wish: JsonValue): Promise<void> {
    const { bus, topics } = this.#with;
    return bus.publish(topics.at(twin.level, command), Payload.of(wish));
  }

  /** Waits for something the Thing will do; throws `thing-unreachable` when it takes longer than `ms`. */
  async within<T>(twin: Twin, wanted: Promise<T>, ms: number): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    using _timer = this.#with.clock.after(ms, () => reject(this.silent(twin, { deadlineMs: ms })));
    return await Promise.race([wanted, late]);
  }

  /** How long a Thing may take, in milliseconds. */
  deadline(options: InteractionOptions): number {
    return options.deadlineMs ?? this.#with.deadlineMs;
  }

  /** The problem of a Thing that did not answer in time. */
  silent(twin: Twin, options: InteractionOptions): Problem {
    const ms = this.deadline(options);
    return new Problem('thing-unreachable', `${twin.id} was silent for ${ms} ms`);
  }
}

/** @throws {@link Problem} `thing-unreachable` when the Thing is known to be offline: asking would only take time. */
export function mustBeOnline({ id, liveness }: Twin): void {
  if (liveness.online) return;
  const since = new Date(liveness.since).toISOString();
  throw new Problem('thing-unreachable', `${id} has been offline since ${since}`);
}

/** The values a twin holds of some properties; those that never had one are left out. */
export function valuesOf(twin: Twin, names: readonly string[]): JsonObject {
  const values: [string, JsonValue][] = [];
  for (const name of names) {
    const state = twin.property(name);
    if (state !== undefined) values.push([name, state.value]);
  }
  return Object.fromEntries(values);
}

function holds(twin: Twin, name: string, value: JsonValue | undefined): boolean {
  return twin.property(name)?.json === JSON.stringify(value);
}

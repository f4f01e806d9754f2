import type { Clock, JsonObject, JsonValue, Timer } from '@thingtalk/core';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import { type CallOptions, Deadline } from './deadline.ts';
import type { Notification } from './frames.ts';
import { type Heard, Interest, type InterestKind, interestOps, type Wish } from './interest.ts';
import { LiveValues } from './live-values.ts';
import { ProblemError } from './problem-error.ts';
import type { Member, ThingSocket } from './thing-socket.ts';

/** Something that was begun and can be stopped; disposing of it stops it. */
export interface Subscription extends Disposable {
  /** Ends it; harmless when it has ended already. */
  stop(): void;
  /** Resolves when it has ended: stopped, or its client closed. */
  readonly ended: Promise<void>;
}

/** What {@link ThingWatch} needs. */
export interface WatchSettings {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly backoff: BackoffOptions;
  /** Told when a subscription that stood cannot be resumed yet, and is tried again; or is resumed, but with a gap. */
  readonly onProblem: (problem: ProblemError, thingID: string) => void;
}

/**
 * What is observed and subscribed of one Thing, over one socket, whoever in this process wants it.
 *
 * At each (re)connect everything wanted is asked for again: events from the last one heard on, so that none is left out
 * or heard twice; values are read once more behind the subscription, on the same connection, so that what listeners heard
 * last is what the gateway holds.
 */
export class ThingWatch implements Member {
  readonly thingID: string;
  readonly #socket: ThingSocket;
  readonly #settings: WatchSettings;
  readonly #interests = { properties: new Interest('properties'), events: new Interest('events') };
  readonly #live = new LiveValues((name, value) =>
    this.#interests.properties.tell({ name, value }),
  );
  readonly #retries = new Map<Wish, Timer>();
  readonly #stops = new Set<() => void>();
  #leave: (() => void) | undefined;

  constructor(thingID: string, socket: ThingSocket, settings: WatchSettings) {
    this.thingID = thingID;
    this.#socket = socket;
    this.#settings = settings;
  }

  /** The last values of what is observed. */
  get values(): Readonly<Record<string, JsonValue>> {
    return this.#live.values;
  }

  /**
   * Begins to hear of a property or event, or of all (`name` undefined). A property's present value is heard first.
   *
   * @throws {@link ProblemError} what the gateway refused with, or why it could not be asked in time.
   */
  async subscribe(
    kind: InterestKind,
    name: string | undefined,
    listener: (heard: Heard) => void,
    options: CallOptions = {},
  ): Promise<Subscription> {
    const { clock, timeoutMs } = this.#settings;
    const what = `${name === undefined ? interestOps[kind].all : `'${name}'`} of ${this.thingID}`;
    using deadline = new Deadline(clock, options.timeoutMs ?? timeoutMs, what, options.signal);
    deadline.signal.throwIfAborted();
    const interest = this.#interests[kind];
    const { wish, isNew } = interest.want(name);
    if (isNew && interest.coversAll) wish.grant();
    if (wish.wasGranted && kind === 'properties') this.#replay(name, listener);
    const remove = wish.listeners.add(listener);
    const ended = Promise.withResolvers<void>();
    const stop = () => {
      remove();
      this.#stops.delete(stop);
      if (wish.listeners.isEmpty) this.#drop(interest, wish);
      ended.resolve();
    };
    this.#stops.add(stop);
    try {
      this.#leave ??= this.#socket.attach(this);
      if (isNew && !wish.wasGranted && this.#isConnected) void this.#ask(wish);
      await deadline.race(wish.granted);
    } catch (error) {
      stop();
      throw error;
    }
    return { stop, ended: ended.promise, [Symbol.dispose]: stop };
  }

  onOpen(): void {
    for (const interest of Object.values(this.#interests)) {
      interest.uncover();
      for (const wish of interest.wishes) void this.#ask(wish);
    }
  }

  onNotification({ kind, name, value, messageID }: Notification): void {
    if (kind === 'property') {
      if (value !== undefined) this.#live.notify(name, value);
    } else this.#interests.events.tell({ name, value }, messageID);
  }

  onClose(): void {
    for (const stop of this.#stops) stop();
  }

  get #isConnected(): boolean {
    return this.#socket.status.state === 'connected';
  }

  /** Puts a wish to the gateway. Never rejects: a lost connection asks again when it is back. */
  async #ask(wish: Wish, attempt = 1): Promise<void> {
    const interest = this.#interests[wish.kind];
    try {
      const subscribed = this.#begin(wish);
      // Sent behind the subscription without waiting for it: one round trip, and no change falls in between.
      const read = wish.kind === 'properties' ? this.#read(wish.name) : undefined;
      await Promise.all([subscribed, read]);
      if (!interest.has(wish)) return;
      if (wish.name === undefined) interest.cover(wish);
      else wish.grant();
    } catch (error) {
      if (error instanceof ProblemError && interest.has(wish)) this.#failed(wish, error, attempt);
    }
  }

  /**
   * Subscribes from the last notification on. The gateway answers which one it goes on from: another than was asked means
   * that some are lost. Values are read again in any case; lost events cannot be, so that is told as a problem.
   */
  async #begin(wish: Wish): Promise<void> {
    const { kind, name, lastNotificationID: last } = wish;
    const ops = interestOps[kind];
    const answer = await this.#socket.request({
      thingID: this.thingID,
      operation: name === undefined ? ops.all : ops.one,
      ...(name !== undefined && { name }),
      ...(last !== undefined && { lastNotificationID: last }),
    });
    const { lastNotificationID: from } = answer;
    if (kind === 'properties' || typeof from !== 'string') return;
    // What follows may have been heard before this goes on.
    if (wish.lastNotificationID === last) wish.lastNotificationID = from;
    if (last === undefined || from === last) return;
    const detail = `events of ${this.thingID} after ${last} are lost; what is heard goes on from ${from}`;
    const problem = ProblemError.ofConnection('notifications-missed', detail);
    this.#settings.onProblem(problem, this.thingID);
  }

  #read(name: string | undefined): Promise<void> {
    return this.#live.snapshot(async () => {
      try {
        const answer = await this.#socket.request(
          name === undefined
            ? { thingID: this.thingID, operation: 'readallproperties' }
            : { thingID: this.thingID, operation: 'readmultipleproperties', names: [name] },
        );
        return (answer.values ?? {}) as JsonObject;
      } catch (error) {
        if (error instanceof ProblemError && unreadable.has(error.name)) return {};
        throw error;
      }
    });
  }

  #failed(wish: Wish, problem: ProblemError, attempt: number): void {
    if (problem.name === 'gateway-unreachable') return;
    // A gateway that has just started may not have heard of the Thing yet: what once stood is tried again.
    if (!wish.wasGranted) {
      wish.refuse(problem);
      return;
    }
    this.#settings.onProblem(problem, this.thingID);
    const { clock, backoff } = this.#settings;
    const again = () => {
      this.#retries.delete(wish);
      if (this.#isConnected && this.#interests[wish.kind].has(wish)) {
        void this.#ask(wish, attempt + 1);
      }
    };
    this.#retries.get(wish)?.cancel();
    this.#retries.set(wish, clock.after(backoffMs(attempt, backoff), again));
  }

  #replay(name: string | undefined, listener: (heard: Heard) => void): void {
    for (const [each, value] of Object.entries(this.#live.values)) {
      if (name === undefined || each === name) listener({ name: each, value });
    }
  }

  /** Nobody wants it any more. Until nothing of its kind is wanted, a subscription to all stays and is listened past. */
  #drop(interest: Interest, wish: Wish): void {
    if (!interest.has(wish)) return;
    interest.drop(wish);
    this.#retries.get(wish)?.cancel();
    this.#retries.delete(wish);
    const isLast = interest.isEmpty;
    if (isLast || (wish.name !== undefined && !interest.coversAll)) {
      if (interest.kind === 'properties') this.#live.forget(isLast ? undefined : wish.name);
      this.#stop(interest, isLast ? undefined : wish.name);
    }
    if (Object.values(this.#interests).every(({ isEmpty }) => isEmpty)) {
      this.#leave?.();
      this.#leave = undefined;
    }
  }

  #stop(interest: Interest, name: string | undefined): void {
    if (name === undefined) interest.uncover();
    if (!this.#isConnected) return;
    const ops = interestOps[interest.kind];
    const operation = name === undefined ? ops.stopAll : ops.stopOne;
    this.#socket
      .request({ thingID: this.thingID, operation, ...(name !== undefined && { name }) })
      // Nothing hangs on the answer: whatever still comes is not listened to.
      .catch(() => {});
  }
}

/** A property that has no value to begin with: its first will come as a notification. */
const unreadable: ReadonlySet<string> = new Set(['value-unknown', 'property-write-only']);

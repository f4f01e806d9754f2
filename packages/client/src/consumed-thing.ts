import type {
  ActionName,
  ActionOutput,
  Clock,
  EventData,
  EventName,
  JsonValue,
  PropertyName,
  PropertyValue,
  ThingDescription,
  WritableName,
} from '@thingtalk/core';
import { ActionRun, runStatus } from './action-run.ts';
import type { CallOptions } from './deadline.ts';
import { affordance, httpHref, type Source } from './forms.ts';
import type { Http } from './http.ts';
import type {
  AnyThing,
  InvokeArguments,
  PropertyChange,
  PropertyValues,
  ThingEvent,
} from './literal.ts';
import { ProblemError } from './problem-error.ts';
import { iterate } from './stream.ts';
import type { Subscription, ThingWatch } from './thing-watch.ts';
import {
  readWishes,
  type Wish,
  type WriteOptions,
  type WriteResult,
  withdrawWish,
  write,
} from './wishes.ts';

/** How a property is read. */
export interface ReadOptions extends CallOptions {
  /** Ask the device itself instead of the last value it confirmed. Default false. */
  readonly fresh?: boolean;
}

/** How an action is invoked. */
export interface InvokeOptions extends CallOptions {
  /** Chosen by the caller so that asking twice starts it once (`Idempotency-Key`). Default: none. */
  readonly id?: string;
}

/** What {@link ConsumedThing} needs. */
export interface ThingSettings {
  readonly source: Source;
  readonly http: Http;
  readonly clock: Clock;
  /** Opens the live side at the first call. @throws when the Thing has none. */
  readonly watch: () => ThingWatch;
}

/**
 * A Thing that is used from here. `T` is the type of its TD literal, from which names and value types are read.
 *
 * Everything that asks the gateway rejects with a {@link ProblemError}: what the gateway refused with, or why no answer
 * came; or with the reason of the caller's own `signal`.
 *
 * @see {@link https://www.w3.org/TR/wot-scripting-api/#the-consumedthing-interface | WoT Scripting API, ConsumedThing}
 */
export class ConsumedThing<T = AnyThing> {
  readonly #settings: ThingSettings;

  constructor(settings: ThingSettings) {
    this.#settings = settings;
  }

  /** The Thing's id. */
  get id(): string {
    return this.td.id;
  }

  /** The Thing Description as it was served when the Thing was consumed. */
  get td(): ThingDescription {
    return this.#settings.source.td;
  }

  /**
   * The last values of the properties that are observed now, kept up to date by {@link observeAll} or
   * {@link observeProperty}; while the connection is down, the last ones heard.
   */
  get live(): PropertyValues<T> {
    return this.#settings.watch().values as PropertyValues<T>;
  }

  /** Reads a property: the value the device last confirmed, or with `fresh` what it says now. */
  async readProperty<N extends PropertyName<T>>(
    name: N,
    options: ReadOptions = {},
  ): Promise<PropertyValue<T, N>> {
    if (affordance(this.td, 'properties', name).writeOnly === true) {
      throw refused('property-write-only', 'cannot be read', name, this.id);
    }
    const href = this.#affordanceHref('readproperty', 'properties', name);
    const { body } = await this.#settings.http.call(href, reading(options));
    return body as PropertyValue<T, N>;
  }

  /** Reads all properties; those that can only be written or have no value yet are left out. */
  async readAllProperties(options: ReadOptions = {}): Promise<PropertyValues<T>> {
    const href = httpHref(this.#settings.source, 'readallproperties');
    const { body } = await this.#settings.http.call(href, reading(options));
    return body as PropertyValues<T>;
  }

  /**
   * Writes a property and waits until the device confirms; it may round or clamp. With `ifAbsent: 'keep'` the gateway keeps the
   * value for a device that is absent.
   */
  async writeProperty<N extends WritableName<T>>(
    name: N,
    value: PropertyValue<T, N & PropertyName<T>>,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    if (affordance(this.td, 'properties', name).readOnly === true) {
      throw refused('property-read-only', 'cannot be written', name, this.id);
    }
    const href = this.#affordanceHref('writeproperty', 'properties', name);
    return write(this.#settings.http, href, { ...options, body: value });
  }

  /** Writes several properties, all or none, and waits until the device confirms, or as {@link writeProperty} keeps them. */
  async writeMultipleProperties(
    values: Pick<PropertyValues<T>, WritableName<T> & keyof PropertyValues<T>>,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    const href = httpHref(this.#settings.source, 'writemultipleproperties');
    return write(this.#settings.http, href, { ...options, body: values });
  }

  /** What the gateway keeps for the device until it is back, sorted by property. */
  async wishes(options: CallOptions = {}): Promise<readonly Wish[]> {
    return readWishes(this.#settings.http, this.#settings.source.url, options);
  }

  /** Takes back what the gateway keeps for a property; rejects with `not-found` when it keeps nothing (any more). */
  async withdrawWish(name: PropertyName<T>, options: CallOptions = {}): Promise<void> {
    await withdrawWish(this.#settings.http, this.#settings.source.url, { ...options, name });
  }

  /** Starts an action; for a synchronous one, waits until it has ended. */
  async invokeAction<N extends ActionName<T>>(
    name: N,
    ...[input, options = {}]: InvokeArguments<T, N, InvokeOptions>
  ): Promise<ActionRun<ActionOutput<T, N>>> {
    const { http, clock, source } = this.#settings;
    const { id, ...call } = options;
    const invoke = this.#affordanceHref('invokeaction', 'actions', name);
    const { status, headers, body } = await http.call(invoke, {
      ...call,
      method: 'POST',
      body: input,
      ...(id !== undefined && { headers: { 'Idempotency-Key': id } }),
    });
    const what = `'${name}' of ${source.td.id}`;
    if (status !== 201) {
      const ended = { status: 'completed', output: body as ActionOutput<T, N> } as const;
      return new ActionRun(ended, { http, clock, what, href: undefined });
    }
    // The body has the address too, where a browser hides Location from a page of another origin.
    const at = headers.get('Location') ?? (body as { readonly href?: string } | undefined)?.href;
    const href = at === undefined ? undefined : new URL(at, invoke);
    return new ActionRun(runStatus<ActionOutput<T, N>>(body, what), { http, clock, what, href });
  }

  /**
   * Calls `listener` with the property's present value, then with each new one, until stopped.
   *
   * Resolves when the subscription stands. After a lost connection it resumes by itself: the listener is told the value
   * it does not have yet, so what it heard last is the Thing's value; values that came and went meanwhile are not told.
   */
  observeProperty<N extends PropertyName<T>>(
    name: N,
    listener: (value: PropertyValue<T, N>) => void,
    options: CallOptions = {},
  ): Promise<Subscription> {
    return this.#named(
      'properties',
      name,
      (value) => listener(value as PropertyValue<T, N>),
      options,
    );
  }

  /** Keeps {@link live} up to date in all properties, and calls `listener` as {@link observeProperty} does. */
  async observeAll(
    listener: (change: PropertyChange<T>) => void = () => {},
    options: CallOptions = {},
  ): Promise<Subscription> {
    const hear = (heard: unknown) => listener(heard as PropertyChange<T>);
    return this.#settings.watch().subscribe('properties', undefined, hear, options);
  }

  /**
   * Calls `listener` with the data of each event, until stopped.
   *
   * After a lost connection the gateway tells what happened since the last event heard, each once and in order; where it
   * no longer knows all of that, `onProblem` of the client hears of `notifications-missed`.
   */
  subscribeEvent<N extends EventName<T>>(
    name: N,
    listener: (data: EventData<T, N>) => void,
    options: CallOptions = {},
  ): Promise<Subscription> {
    return this.#named('events', name, (data) => listener(data as EventData<T, N>), options);
  }

  /** Calls `listener` with every event, as {@link subscribeEvent} does. */
  async subscribeAllEvents(
    listener: (event: ThingEvent<T>) => void,
    options: CallOptions = {},
  ): Promise<Subscription> {
    return this.#settings
      .watch()
      .subscribe(
        'events',
        undefined,
        ({ name, value }) => listener({ name, data: value } as ThingEvent<T>),
        options,
      );
  }

  /**
   * The values of a property, as {@link observeProperty} tells them: `for await (const on of thing.values('on'))`.
   *
   * One who is slower than the changes gets the newest value next. Ends when left, or when `signal` aborts.
   */
  values<N extends PropertyName<T>>(
    name: N,
    options: CallOptions = {},
  ): AsyncGenerator<PropertyValue<T, N>, void, undefined> {
    const begin = (hear: (value: PropertyValue<T, N>) => void) =>
      this.observeProperty(name, hear, options);
    return iterate(begin, { capacity: 1, full: 'drop-oldest' }, options.signal);
  }

  /**
   * The data of an event, each time it happens: `for await (const data of thing.events('overheated'))`.
   *
   * Up to 1,000 wait for one who is slow; when more come, it ends with `overloaded` rather than leave any out.
   */
  events<N extends EventName<T>>(
    name: N,
    options: CallOptions = {},
  ): AsyncGenerator<EventData<T, N>, void, undefined> {
    const begin = (hear: (data: EventData<T, N>) => void) =>
      this.subscribeEvent(name, hear, options);
    return iterate(begin, { capacity: 1_000, full: 'fail' }, options.signal);
  }

  async #named(
    kind: 'properties' | 'events',
    name: string,
    listener: (value: JsonValue | undefined) => void,
    options: CallOptions,
  ): Promise<Subscription> {
    affordance(this.td, kind, name);
    return this.#settings.watch().subscribe(kind, name, ({ value }) => listener(value), options);
  }

  #affordanceHref(
    op: 'readproperty' | 'writeproperty' | 'invokeaction',
    kind: 'properties' | 'actions',
    name: string,
  ): URL {
    return httpHref(this.#settings.source, op, kind, name);
  }
}

function refused(
  problem: 'property-read-only' | 'property-write-only',
  what: string,
  name: string,
  id: string,
): ProblemError {
  return ProblemError.refused(problem, 403, `The property ${what}`, `'${name}' of ${id} ${what}`);
}

function reading({ fresh, ...options }: ReadOptions) {
  return fresh === true ? { ...options, headers: { 'Cache-Control': 'no-cache' } } : options;
}

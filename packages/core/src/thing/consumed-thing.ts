import type { JsonObject, JsonValue } from '../data/json.ts';
import type {
  ActionStatus,
  InteractionOptions,
  InvokeOptions,
  ReadOptions,
  ThingNote,
  Things,
} from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import type {
  ActionInput,
  ActionName,
  ActionOutput,
  EventData,
  EventName,
  PropertyName,
  PropertyValue,
  ThingDefinition,
  WritableName,
} from './thing-definition.ts';

/** A run of an action as its invoker follows it. */
export interface InvokedAction<O> {
  readonly id: string;
  /** Where it stands now. */
  readonly status: ActionStatus;
  /** The output once it has completed; rejects with the run's {@link Problem} when it fails or is cancelled. */
  readonly ended: Promise<O>;
  cancel(options?: InteractionOptions): Promise<void>;
}

/** The arguments of an invocation: an action without input takes none. */
type InvokeArguments<I> = I extends undefined
  ? [input?: undefined, options?: InvokeOptions]
  : [input: I, options?: InvokeOptions];

/**
 * A Thing that is used from here, typed by its description.
 *
 * All methods throw the {@link Problem}s of {@link Things}.
 */
export class ConsumedThing<T> {
  readonly id: ThingId;
  readonly #things: Things;

  constructor(things: Things, id: ThingId) {
    this.#things = things;
    this.id = id;
  }

  /** Reads a property: the value last confirmed, or with `fresh` what the device says now. */
  async readProperty<N extends PropertyName<T>>(
    name: N,
    options?: ReadOptions,
  ): Promise<PropertyValue<T, N>> {
    const { value } = await this.#things.readProperty(this.id, name, options);
    return value as PropertyValue<T, N>;
  }

  /** Reads every property that has a value. */
  async readAllProperties(
    options?: ReadOptions,
  ): Promise<{ readonly [N in PropertyName<T>]?: PropertyValue<T, N> }> {
    const values: unknown = await this.#things.readProperties(this.id, undefined, options);
    return values as { readonly [N in PropertyName<T>]?: PropertyValue<T, N> };
  }

  /** Writes a property; resolves with the value as the device took it. */
  async writeProperty<N extends WritableName<T>>(
    name: N,
    value: PropertyValue<T, N>,
    options?: InteractionOptions,
  ): Promise<PropertyValue<T, N>> {
    const wish = { [name]: value as JsonValue };
    const taken = await this.#things.writeProperties(this.id, wish, options);
    return taken[name] as PropertyValue<T, N>;
  }

  /** Writes several properties, all or none. */
  async writeMultipleProperties(
    values: { readonly [N in WritableName<T>]?: PropertyValue<T, N> },
    options?: InteractionOptions,
  ): Promise<void> {
    await this.#things.writeProperties(this.id, values as JsonObject, options);
  }

  /** Starts an action; resolves when the Thing has taken it. */
  async invokeAction<N extends ActionName<T>>(
    name: N,
    ...[input, options]: InvokeArguments<ActionInput<T, N>>
  ): Promise<InvokedAction<ActionOutput<T, N>>> {
    const things = this.#things;
    const { id } = this;
    const started = await things.invokeAction(id, name, input as JsonValue | undefined, options);
    const current = () => things.queryAction(id, name, started.id);
    return {
      id: started.id,
      get status() {
        return current();
      },
      ended: ended(things, id, started) as Promise<ActionOutput<T, N>>,
      cancel: (how) => things.cancelAction(id, name, started.id, how),
    };
  }

  /** Calls `listener` with every change of a property; returns how to stop. */
  observeProperty<N extends PropertyName<T>>(
    name: N,
    listener: (value: PropertyValue<T, N>) => void,
  ): () => void {
    return this.#things.watch(this.id, (note) => {
      if (note.kind !== 'property' || note.name !== name) return;
      listener(note.state.value as PropertyValue<T, N>);
    });
  }

  /** Calls `listener` with the data of every event of that name; returns how to stop. */
  subscribeEvent<N extends EventName<T>>(
    name: N,
    listener: (data: EventData<T, N>) => void,
  ): () => void {
    return this.#things.watch(this.id, (note) => {
      if (note.kind === 'event' && note.name === name) listener(note.data as EventData<T, N>);
    });
  }
}

/**
 * Uses a Thing: the definition it was exposed with gives the types, and only its id is read.
 *
 * @throws {@link Problem} `thing-not-found` when it is not known (yet).
 */
export function consumeThing<T>(
  things: Things,
  definition: Pick<ThingDefinition<T>, 'id' | 'td'>,
): ConsumedThing<T> {
  if (things.find(definition.id) === undefined) {
    throw new Problem('thing-not-found', `there is no Thing '${definition.id}'`);
  }
  return new ConsumedThing<T>(things, definition.id);
}

/** Follows a run to its end. Nobody need listen: a failure that is not asked for is no unhandled rejection. */
function ended(things: Things, id: ThingId, started: ActionStatus): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const settle = ({ status, output, error }: ActionStatus) => {
    if (status === 'completed') resolve(output);
    else if (status === 'failed') reject(Problem.from(error, 'action-failed'));
    else return;
    stop();
  };
  const stop = things.watch(id, (note: ThingNote) => {
    if (note.kind === 'action' && note.status.id === started.id) settle(note.status);
    else if (note.kind === 'removed') {
      stop();
      reject(new Problem('thing-not-found', `${id} was removed`));
    }
  });
  promise.catch(() => {});
  settle(things.queryAction(id, started.action, started.id));
  return promise;
}

import type { Requester } from '../bus/requester.ts';
import type { Command, Topics } from '../bus/topics.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ActionStatus,
  InteractionOptions,
  InvokeOptions,
  PropertyState,
  ReadOptions,
  ThingNote,
  ThingRecord,
  Things,
} from '../ports/things.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import { sameRequest } from '../thing/action-runs.ts';
import { checkValue, checkWrites } from '../thing/affordance-checks.ts';
import { failedRun, hasEnded } from './action-ledger.ts';
import type { Confirmations } from './confirmations.ts';
import type { Twin } from './twin.ts';
import type { TwinRegistry } from './twin-registry.ts';
import type { Watchers } from './watchers.ts';

/** How long a synchronous action may take before the caller is told that it did not end, in milliseconds. */
const synchronousMs = 30_000;

/** What {@link ThingTwins} works with. */
export interface ThingTwinsParts {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly registry: TwinRegistry;
  readonly watchers: Watchers;
  readonly confirmations: Confirmations;
  readonly requester: Requester;
  /** How long a Thing may take to answer unless the caller says otherwise, in milliseconds. */
  readonly deadlineMs: number;
}

/** The Things as the gateway's doors use them: read from the twins, written through the bus. */
export class ThingTwins implements Things {
  readonly #with: ThingTwinsParts;

  constructor(parts: ThingTwinsParts) {
    this.#with = parts;
  }

  get count(): number {
    return this.#with.registry.size;
  }

  find(id: string): ThingRecord | undefined {
    return this.#with.registry.find(id);
  }

  list(): readonly ThingRecord[] {
    return this.#with.registry.sorted();
  }

  watch(thing: ThingId | 'all', listener: (note: ThingNote) => void): () => void {
    return this.#with.watchers.add(thing, listener);
  }

  // Properties

  async readProperty(id: string, name: string, options: ReadOptions = {}): Promise<PropertyState> {
    const twin = this.#twin(id);
    mustBeReadable(twin, name);
    if (options.fresh) await this.#refresh(twin, [name], options);
    const state = twin.property(name);
    if (state === undefined) {
      throw new Problem('value-unknown', `${twin.id} has not said its '${name}' yet`);
    }
    return state;
  }

  async readProperties(
    id: string,
    names?: readonly string[],
    options: ReadOptions = {},
  ): Promise<JsonObject> {
    const twin = this.#twin(id);
    for (const name of names ?? []) mustBeReadable(twin, name);
    if (options.fresh) await this.#refresh(twin, names ?? [], options);
    return valuesOf(twin, names ?? readableNames(twin));
  }

  async writeProperties(
    id: string,
    values: JsonObject,
    options: InteractionOptions = {},
  ): Promise<JsonObject> {
    const twin = this.#twin(id);
    checkWrites(twin.shape, twin.checks, values);
    const names = Object.keys(values);
    if (names.length === 0) return {};
    mustBeOnline(twin);
    if (twin.answers) return (await this.#ask(twin, 'set', values, options)) as JsonObject;
    const isSaid = await this.#tell(twin, 'set', values, names, options);
    if (!isSaid && !names.every((name) => holds(twin, name, values[name]))) {
      throw this.#silent(twin, options);
    }
    return valuesOf(twin, names);
  }

  async #refresh(twin: Twin, names: readonly string[], options: ReadOptions): Promise<void> {
    mustBeOnline(twin);
    if (twin.answers) await this.#ask(twin, 'get', names, options);
    else if (!(await this.#tell(twin, 'get', names, names, options))) {
      throw this.#silent(twin, options);
    }
  }

  // Actions

  async invokeAction(
    id: string,
    name: string,
    input?: JsonValue,
    options: InvokeOptions = {},
  ): Promise<ActionStatus> {
    const twin = this.#twin(id);
    const action = twin.shape.actions.get(name);
    if (action === undefined) throw noAction(twin, name);
    checkValue(twin.checks.inputs.get(name), input, `input of '${name}'`);
    const runId = options.id ?? crypto.randomUUID();
    const known = twin.runs.get(runId);
    if (known !== undefined) return sameRequest(known, name, input);
    mustBeOnline(twin);
    this.#enter(twin, {
      id: runId,
      action: name,
      status: 'pending',
      ...(input !== undefined && { input }),
      timeRequested: new Date(this.#with.clock.now()).toISOString(),
    });
    await this.#request(twin, name, { id: runId, ...(input !== undefined && { input }) }, options);
    if (action.synchronous) return this.#ended(twin, runId);
    return twin.runs.get(runId) as ActionStatus;
  }

  queryAction(id: string, name: string, runId: string): ActionStatus {
    return run(this.#twin(id), name, runId);
  }

  queryActions(id: string, name?: string): readonly ActionStatus[] {
    const twin = this.#twin(id);
    if (name !== undefined && !twin.shape.actions.has(name)) throw noAction(twin, name);
    return twin.runs.list(name);
  }

  async cancelAction(
    id: string,
    name: string,
    runId: string,
    options: InteractionOptions = {},
  ): Promise<void> {
    const twin = this.#twin(id);
    const { status } = run(twin, name, runId);
    if (status === 'completed' || status === 'failed') {
      throw new Problem('action-ended', `run ${runId} of '${name}' is ${status} already`);
    }
    mustBeOnline(twin);
    const wish = { [name]: { cancel: runId } };
    if (twin.answers) await this.#ask(twin, 'request_action', wish, options);
    else {
      await this.#publish(twin, 'request_action', wish);
      await this.#within(twin, twin.runs.ended(runId), this.#deadline(options));
    }
  }

  forgetAction(id: string, name: string, runId: string): void {
    const twin = this.#twin(id);
    if (!hasEnded(run(twin, name, runId))) {
      throw new Problem('conflict', `run ${runId} of '${name}' has not ended yet`);
    }
    twin.runs.forget(runId);
  }

  /** Hands a run to the Thing; a run that it does not take has failed. */
  async #request(
    twin: Twin,
    name: string,
    body: JsonObject,
    options: InvokeOptions,
  ): Promise<void> {
    const runId = body.id as string;
    try {
      if (twin.answers) await this.#ask(twin, 'request_action', { [name]: body }, options);
      else {
        await this.#publish(twin, 'request_action', { [name]: body });
        this.#with.clock.after(this.#deadline(options), () => {
          if (twin.runs.get(runId)?.status !== 'pending') return;
          this.#fail(twin, runId, this.#silent(twin, options));
        });
      }
    } catch (error) {
      this.#fail(twin, runId, asProblem(error));
      throw error;
    }
  }

  async #ended(twin: Twin, runId: string): Promise<ActionStatus> {
    const ended = await this.#within(twin, twin.runs.ended(runId), synchronousMs);
    if (ended.status === 'failed') throw Problem.from(ended.error, 'action-failed');
    return ended;
  }

  #fail(twin: Twin, runId: string, problem: Problem): void {
    const known = twin.runs.get(runId);
    if (known !== undefined) this.#enter(twin, failedRun(known, problem, this.#with.clock.now()));
  }

  #enter(twin: Twin, status: ActionStatus): void {
    if (!twin.runs.enter(status)) return;
    this.#with.watchers.tell({ kind: 'action', thing: twin, name: status.action, status });
  }

  // On the bus

  /** Asks a Thing that answers. */
  #ask(
    twin: Twin,
    command: Command,
    wish: JsonValue,
    options: InteractionOptions,
  ): Promise<JsonValue> {
    return this.#with.requester.request(twin.level, command, Payload.of(wish), {
      deadlineMs: this.#deadline(options),
      signal: options.signal,
    });
  }

  /** Tells a bare device something, and waits until it speaks of the properties. */
  async #tell(
    twin: Twin,
    command: Command,
    wish: JsonValue,
    names: readonly string[],
    options: InteractionOptions,
  ): Promise<boolean> {
    const confirmed = this.#with.confirmations.wait(twin.id, names, {
      deadlineMs: this.#deadline(options),
      signal: options.signal,
    });
    const [isConfirmed] = await Promise.all([confirmed, this.#publish(twin, command, wish)]);
    return isConfirmed;
  }

  #publish(twin: Twin, command: Command, wish: JsonValue): Promise<void> {
    const { bus, topics } = this.#with;
    return bus.publish(topics.at(twin.level, command), Payload.of(wish));
  }

  async #within<T>(twin: Twin, wanted: Promise<T>, ms: number): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    using _timer = this.#with.clock.after(ms, () => reject(this.#silent(twin, { deadlineMs: ms })));
    return await Promise.race([wanted, late]);
  }

  #twin(id: string): Twin {
    const twin = this.#with.registry.find(id);
    if (twin === undefined) throw new Problem('thing-not-found', `there is no Thing '${id}'`);
    return twin;
  }

  #deadline(options: InteractionOptions): number {
    return options.deadlineMs ?? this.#with.deadlineMs;
  }

  #silent(twin: Twin, options: InteractionOptions): Problem {
    const ms = this.#deadline(options);
    return new Problem('thing-unreachable', `${twin.id} was silent for ${ms} ms`);
  }
}

function mustBeOnline({ id, liveness }: Twin): void {
  if (liveness.online) return;
  const since = new Date(liveness.since).toISOString();
  throw new Problem('thing-unreachable', `${id} is offline since ${since}`);
}

function mustBeReadable(twin: Twin, name: string): void {
  const property = twin.shape.properties.get(name);
  if (property === undefined) {
    throw new Problem('property-not-found', `${twin.id} has no property '${name}'`);
  }
  if (property.writeOnly) {
    throw new Problem('property-write-only', `'${name}' of ${twin.id} can only be written`);
  }
}

function readableNames(twin: Twin): readonly string[] {
  const readable = [...twin.shape.properties.values()].filter(({ writeOnly }) => !writeOnly);
  return readable.map(({ name }) => name);
}

function valuesOf(twin: Twin, names: readonly string[]): JsonObject {
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

function noAction(twin: Twin, name: string): Problem {
  return new Problem('action-not-found', `${twin.id} has no action '${name}'`);
}

function run(twin: Twin, name: string, runId: string): ActionStatus {
  if (!twin.shape.actions.has(name)) throw noAction(twin, name);
  const known = twin.runs.get(runId);
  if (known?.action === name) return known;
  throw new Problem('action-run-not-found', `'${name}' of ${twin.id} has no run '${runId}'`);
}

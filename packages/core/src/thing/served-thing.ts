import type { Command } from '../bus/topics.ts';
import type { KeptText } from '../data/alike-texts.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import type { Payload } from '../data/payload.ts';
import { checkRunId } from '../ports/run-id.ts';
import type { ThingRecollection } from '../ports/thing-memory.ts';
import type { ActionStatus, ThingShape } from '../ports/things.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import { parseThingDescription } from '../td/parse.ts';
import type { ThingId } from '../td/thing-id.ts';
import { ActionRun, ActionRuns, interruptedRun, sameRequest } from './action-runs.ts';
import { type AffordanceChecks, checkValue, checkWrites } from './affordance-checks.ts';
import { asNames, asObject, statusMessage } from './command-payload.ts';
import type { Handlers } from './handlers.ts';
import { HeldValues } from './held-values.ts';
import type { ServientContext } from './servient.ts';
import type { ThingDefinition, ThingInit } from './thing-definition.ts';
import { type Speaker, ThingVoice } from './thing-voice.ts';

/** An exposed Thing at work: its values, its runs, and what it does when asked. */
export class ServedThing implements Speaker, AsyncDisposable {
  readonly id: ThingId;
  readonly td: KeptText;
  readonly #context: ServientContext;
  readonly #handlers: Handlers;
  readonly #shape: ThingShape;
  readonly #checks: AffordanceChecks;
  readonly #voice: ThingVoice;
  readonly #values: HeldValues;
  readonly #closed: (thing: ServedThing) => void;
  #isDirty = false;
  #writing: Promise<unknown> | undefined;
  #runs: ActionRuns | undefined;
  #stop: (() => void) | undefined;

  /** @param closed called once the Thing is served no more. */
  constructor(
    context: ServientContext,
    definition: ThingDefinition<never>,
    closed: (thing: ServedThing) => void,
  ) {
    this.id = definition.id;
    // The id in front, where the title is: Things of a make differ in one place, and share the text around it.
    const td = JSON.stringify({ id: this.id, ...(definition.td as ThingInit) });
    this.td = context.texts.keep(td);
    this.#context = context;
    this.#closed = closed;
    this.#handlers = definition.handlers as unknown as Handlers;
    const description = parseThingDescription(JSON.parse(td), { id: this.id });
    this.#shape = context.shapes.split(description).shape;
    this.#checks = context.checks.of(this.#shape);
    this.#values = new HeldValues({ id: this.id, shape: this.#shape, checks: this.#checks });
    this.#voice = new ThingVoice(context, this);
    for (const [name, value] of Object.entries(this.#handlers.initial ?? {})) {
      this.#values.keep(name, value);
    }
  }

  async open(): Promise<void> {
    this.#recall(await this.#voice.recall());
    await this.#voice.open();
    try {
      this.#stop = this.#handlers.start?.(this) ?? undefined;
    } catch (error) {
      // It is announced already: it says goodbye, and its session ends.
      await this.drain();
      throw error;
    }
  }

  snapshot(): Record<string, JsonValue> {
    return this.#values.snapshot();
  }

  value(name: string): JsonValue | undefined {
    return this.#values.get(name);
  }

  report(name: string, value: JsonValue): void {
    if (!this.#values.keep(name, value) || this.#isDirty) return;
    this.#isDirty = true;
    queueMicrotask(() => this.#flush());
  }

  emit(name: string, data?: JsonValue): void {
    const check = this.#checks.events.get(name);
    if (check === undefined) throw new Problem('event-not-found', `there is no event '${name}'`);
    checkValue(check, data, `event '${name}'`);
    this.#flush();
    const timestamp = new Date(this.#context.clock.now()).toISOString();
    this.#voice.say('event', { [name]: data === undefined ? { timestamp } : { data, timestamp } });
  }

  stored(): Promise<void> {
    this.#flush();
    return this.#voice.stored();
  }

  drain(): Promise<void> {
    return this.#leave(false);
  }

  remove(): Promise<void> {
    return this.#leave(true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  obey(command: Command, payload: Payload): JsonValue | Promise<JsonValue> {
    switch (command) {
      case 'set':
        return this.#set(payload.json());
      case 'get':
        return payload.isEmpty ? this.#everything() : this.#get(payload.json());
      case 'request_action':
        return this.#requestAction(payload.json());
    }
  }

  async #leave(forget: boolean): Promise<void> {
    if (!this.#voice.isOpen) return;
    this.#stop?.();
    this.#runs?.failAll(new Problem('action-cancelled', `${this.id} is going away`));
    this.#flush();
    this.#closed(this);
    await this.#voice.leave({ forget });
  }

  /** Takes up an earlier life: values that the servient keeps itself, and runs that it did not end. */
  #recall(last: ThingRecollection | undefined): void {
    if (last === undefined) return;
    const kept = Object.entries(last.values).filter(
      ([name]) => this.#handlers.read?.[name] === undefined,
    );
    this.#values.recall(Object.fromEntries(kept));
    for (const run of last.openRuns) this.publish(interruptedRun(run, this.clock.now()));
  }

  #flush(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    this.#voice.say('values', this.snapshot());
  }

  // set

  /** All or none: nothing is handed to the device before everything was found good. One message after the other. */
  #set(wish: JsonValue): JsonObject | Promise<JsonObject> {
    const values = asObject(wish, 'set takes an object of property values');
    checkWrites(this.#shape, this.#checks, values);
    if (this.#writing === undefined) return this.#write(values);
    return this.#inTurn(this.#writing.then(() => this.#write(values)));
  }

  #write(values: JsonObject): JsonObject | Promise<JsonObject> {
    const pending: Promise<void>[] = [];
    for (const [name, value] of Object.entries(values)) {
      const taken = this.#handlers.write?.[name]?.(value, this);
      if (taken instanceof Promise) pending.push(taken.then((now) => this.#took(name, value, now)));
      else this.#took(name, value, taken);
    }
    if (pending.length === 0) return this.#confirm(values);
    return this.#inTurn(Promise.all(pending).then(() => this.#confirm(values)));
  }

  #took(name: string, wanted: JsonValue, taken: unknown): void {
    if (this.#values.keep(name, taken === undefined ? wanted : (taken as JsonValue)))
      this.#isDirty = true;
  }

  #confirm(values: JsonObject): JsonObject | Promise<JsonObject> {
    this.#flush();
    const taken = this.#values.pick(Object.keys(values));
    return this.#voice.kept()?.then(() => taken) ?? taken;
  }

  /** Later writes wait for this one, whether or not it succeeds. */
  #inTurn(write: Promise<JsonObject>): Promise<JsonObject> {
    const turn = write.then(ignore, ignore).then(() => {
      if (this.#writing === turn) this.#writing = undefined;
    });
    this.#writing = turn;
    return write;
  }

  // get

  /** Who asks for everything wants to know what was missed: that is answered at once, and what must be read follows. */
  #everything(): JsonObject {
    this.#isDirty = true;
    this.#flush();
    if (this.#handlers.read !== undefined) {
      this.#get([]).catch((error: unknown) => this.asProblem(error));
    }
    return this.snapshot();
  }

  async #get(wish: JsonValue): Promise<JsonObject> {
    const names = asNames(wish) ?? [...this.#shape.properties.keys()];
    for (const name of names) {
      if (!this.#shape.properties.has(name)) {
        throw new Problem('property-not-found', `${this.id} has no property '${name}'`);
      }
      const value = await this.#handlers.read?.[name]?.();
      if (value !== undefined) this.#values.keep(name, value);
    }
    // Always said, even where nothing is new: whoever asks may have missed a message.
    this.#isDirty = true;
    this.#flush();
    return this.#values.pick(names);
  }

  // request_action

  #requestAction(wish: JsonValue): JsonObject {
    const requests = Object.entries(asObject(wish, 'request_action takes {"<action>": {...}}'));
    const [first] = requests;
    if (first === undefined || requests.length > 1) {
      throw new Problem('bad-request', `one action is asked for at a time, not ${requests.length}`);
    }
    const [name, body] = first;
    if (!this.#shape.actions.has(name)) {
      throw new Problem('action-not-found', `${this.id} has no action '${name}'`);
    }
    const { id, input, cancel } = asObject(body, `what is asked of '${name}' must be an object`);
    if (cancel !== undefined) return statusMessage(this.#cancel(name, cancel));
    const runId = id === undefined ? crypto.randomUUID() : checkRunId('the id of a run', id);
    return statusMessage(this.#invoke(name, input, runId));
  }

  #cancel(name: string, id: JsonValue): ActionStatus {
    const run = typeof id === 'string' ? this.#runs?.get(id) : undefined;
    if (run?.status.action !== name) {
      throw new Problem('action-run-not-found', `'${name}' has no run ${JSON.stringify(id)}`);
    }
    if (run.hasEnded) throw new Problem('action-ended', `run ${run.id} is ${run.status.status}`);
    run.fail(new Problem('action-cancelled', `run ${run.id} of '${name}' was cancelled`));
    return run.status;
  }

  #invoke(name: string, input: JsonValue | undefined, id: string): ActionStatus {
    checkValue(this.#checks.inputs.get(name), input, `input of '${name}'`);
    this.#runs ??= new ActionRuns();
    const known = this.#runs.get(id)?.status;
    if (known !== undefined) return sameRequest(known, name, input);
    const entry = this.#handlers.actions?.[name];
    if (entry === undefined) throw new Problem('not-implemented', `'${name}' has no handler`);
    const work = typeof entry === 'function' ? entry : entry.run;
    this.#voice.mustAccept();
    const run = new ActionRun(this, { id, action: name, input });
    this.#runs.add(run);
    run.start({
      timeoutMs: typeof entry === 'function' ? undefined : entry.timeoutMs,
      work: () => work(input, this.#contextOf(run)),
      checkOutput: (output) =>
        checkValue(this.#checks.outputs.get(name), output as JsonValue, `output of '${name}'`),
    });
    return run.status;
  }

  #contextOf(run: ActionRun) {
    return {
      thing: this,
      id: run.id,
      signal: run.signal,
      progress: (fraction: number) => run.progress(fraction),
      delay: (ms: number) => run.delay(ms),
    };
  }

  // ActionHost

  get clock() {
    return this.#context.clock;
  }

  publish({ action, ...status }: ActionStatus): void {
    this.#flush();
    this.#voice.say('action', { [action]: status as unknown as JsonObject });
  }

  asProblem(error: unknown): Problem {
    return asProblem(error, (bug, incident) =>
      this.#context.logger.error({ thing: this.id, error: bug, incident }, 'an action failed'),
    );
  }
}

const ignore = () => {};

import { delay, systemClock } from '@thingtalk/core';
import type { RegisterStep, RunOutcome } from './history.ts';
import type { StormThing } from './things.ts';

/** How long a client waits after a refusal before it tries again. */
const patienceMs = 50;
/** How long it waits for an answer at all. */
const answerMs = 10_000;

/** The property of a Thing that one client writes to. */
export interface Register {
  readonly thing: StormThing;
  readonly name: string;
  readonly steps: RegisterStep[];
  /** The last number that was sent; one that was refused is never sent again. */
  sent: number;
  /** What a bare device held after the last write it confirmed. */
  said: number | undefined;
}

/**
 * Clients of the gateway: one for each property writes growing numbers to it, and one for each Thing of ours asks it to run
 * its action, until told to stop. They write down what they were answered.
 */
export class Crowd {
  readonly registers: readonly Register[];
  /** What was told of runs that had ended, by Thing and id. */
  readonly told = new Map<string, Map<string, RunOutcome>>();
  readonly #base: string;
  readonly #listeners = new Set<(thing: string) => void>();
  readonly #stop = new AbortController();
  #writes = 0;
  #gateway: Promise<void> = Promise.resolve();
  #work: Promise<unknown> = Promise.resolve();

  /** @param base URL of the gateway. */
  constructor(base: string, things: readonly StormThing[]) {
    this.#base = base;
    this.registers = things.flatMap((thing) =>
      thing.properties.map((name) => ({ thing, name, steps: [], sent: 0, said: undefined })),
    );
    for (const { id, isBare } of things) if (!isBare) this.told.set(id, new Map());
  }

  /** How many writes were acknowledged. */
  get writes(): number {
    return this.#writes;
  }

  /** How many runs of actions were told as completed. */
  get completed(): number {
    const all = [...this.told.values()].flatMap((runs) => [...runs.values()]);
    return all.filter(({ status }) => status === 'completed').length;
  }

  /** Clients wait for `back` where they would only find that nobody listens. */
  gatewayIsGone(back: Promise<void>): void {
    this.#gateway = back;
  }

  start(): void {
    const writers = this.registers.map((register) => this.#write(register));
    const invokers = [...this.told].map(([thing, told]) => this.#invoke(thing, told));
    this.#work = Promise.all([...writers, ...invokers]);
  }

  /** Resolves when the last answer is there, or will never be. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  /** Resolves when `count` more writes to Things of `things` were acknowledged. */
  acknowledged(count: number, things: ReadonlySet<string>): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      const listener = (thing: string) => {
        if (!things.has(thing) || --left > 0) return;
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
    });
  }

  /** Reads every property once it can be read. */
  async readAll(): Promise<void> {
    await Promise.all(
      this.registers.map(async (register) => {
        while ((await this.#read(register)) === undefined) await delay(systemClock, patienceMs);
      }),
    );
  }

  /** Writes to every property until each write is taken. */
  async writeAll(): Promise<void> {
    await Promise.all(
      this.registers.map(async (register) => {
        while (!(await this.#writeNext(register))) await delay(systemClock, patienceMs);
      }),
    );
  }

  /** Where the runs that had ended stand now, by Thing and id; those that are no longer remembered are left out. */
  async outcomes(): Promise<ReadonlyMap<string, ReadonlyMap<string, RunOutcome>>> {
    const things = [...this.told].map(async ([thing, told]) => {
      const held = new Map<string, RunOutcome>();
      for (const id of told.keys()) {
        const outcome = await this.#outcome(thing, id);
        if (outcome !== undefined) held.set(id, outcome);
      }
      return [thing, held] as const;
    });
    return new Map(await Promise.all(things));
  }

  /** `undefined` when the gateway cannot be asked or does not know the run. */
  async #outcome(thing: string, id: string): Promise<RunOutcome | undefined> {
    const answer = await this.#ask('GET', `${thing}/actions/add/${id}`);
    return answer?.status === 200 ? outcomeOf(answer.body) : undefined;
  }

  async #write(register: Register): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (!(await this.#writeNext(register))) await delay(systemClock, patienceMs);
      if (register.steps.length % 16 === 0) await this.#read(register);
    }
  }

  /** @returns whether it was acknowledged. */
  async #writeNext(register: Register): Promise<boolean> {
    const { thing, name, steps } = register;
    const value = ++register.sent;
    steps.push({ did: 'sent', value });
    const answer = await this.#ask('PUT', `${thing.id}/properties/${name}`, value);
    if (answer?.status !== 204) return false;
    // A bare device has confirmed by whatever it said next: what was read of it is stored once a later write is.
    const stored = thing.isBare ? register.said : value;
    if (stored !== undefined) steps.push({ did: 'acknowledged', value: stored });
    if (thing.isBare) register.said = await this.#read(register);
    this.#writes += 1;
    for (const listener of this.#listeners) listener(thing.id);
    return true;
  }

  async #read({ thing, name, steps }: Register): Promise<number | undefined> {
    const answer = await this.#ask('GET', `${thing.id}/properties/${name}`);
    if (answer?.status !== 200) return undefined;
    const value = Number(answer.body);
    steps.push({ did: 'read', value });
    return value;
  }

  async #invoke(thing: string, told: Map<string, RunOutcome>): Promise<void> {
    for (let n = 1; !this.#stop.signal.aborted; n++) {
      const outcome = await this.#run(thing, `run-${n}`);
      if (outcome !== undefined) told.set(`run-${n}`, outcome);
    }
  }

  /** Asks for a run under its id again and again until it is taken, then until it has ended. */
  async #run(thing: string, id: string): Promise<RunOutcome | undefined> {
    const { signal } = this.#stop;
    const headers = { 'idempotency-key': id };
    while ((await this.#ask('POST', `${thing}/actions/add`, 1, headers))?.status !== 201) {
      if (signal.aborted) return undefined;
      await delay(systemClock, patienceMs);
    }
    for (;;) {
      const outcome = await this.#outcome(thing, id);
      if (outcome?.status === 'completed' || outcome?.status === 'failed') return outcome;
      if (signal.aborted) return undefined;
      await delay(systemClock, patienceMs);
    }
  }

  /** @returns the answer; `undefined` when none came. */
  async #ask(
    method: string,
    path: string,
    value?: number,
    more: Record<string, string> = {},
  ): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
    await this.#gateway;
    const body = value === undefined ? {} : { body: JSON.stringify(value) };
    const headers = { ...more, ...(value !== undefined && { 'content-type': 'application/json' }) };
    try {
      const signal = AbortSignal.timeout(answerMs);
      const url = `${this.#base}/things/${path}`;
      const response = await fetch(url, { method, headers, signal, ...body });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    } catch {
      return undefined;
    }
  }
}

function outcomeOf(body: unknown): RunOutcome {
  const { status, output } = body as RunOutcome;
  return output === undefined ? { status } : { status, output };
}

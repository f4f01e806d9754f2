import type { JsonObject, JsonValue } from '../data/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActionStatus, InteractionOptions, InvokeOptions } from '../ports/things.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import { sameRequest } from '../thing/action-runs.ts';
import { checkValue } from '../thing/affordance-checks.ts';
import { failedRun, hasEnded } from './action-ledger.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Twin } from './twin.ts';
import { mustBeOnline, type TwinReach } from './twin-reach.ts';
import type { Watchers } from './watchers.ts';

/** How long a synchronous action may take before the caller is told that it did not end, in milliseconds. */
const synchronousMs = 30_000;

/** What {@link TwinActions} works with. */
export interface TwinActionsParts {
  readonly reach: TwinReach;
  readonly clock: Clock;
  readonly watchers: Watchers;
  readonly records: RecordKeeper | undefined;
}

/** The actions of all Things: their runs are entered here, handed to the Thing, and followed to their end. */
export class TwinActions {
  readonly #reach: TwinReach;
  readonly #clock: Clock;
  readonly #watchers: Watchers;
  readonly #records: RecordKeeper | undefined;

  constructor({ reach, clock, watchers, records }: TwinActionsParts) {
    this.#reach = reach;
    this.#clock = clock;
    this.#watchers = watchers;
    this.#records = records;
  }

  async invoke(
    twin: Twin,
    name: string,
    input?: JsonValue,
    options: InvokeOptions = {},
  ): Promise<ActionStatus> {
    const action = twin.shape.actions.get(name);
    if (action === undefined) throw noAction(twin, name);
    checkValue(twin.checks.inputs.get(name), input, `input of '${name}'`);
    const runId = options.id ?? crypto.randomUUID();
    const known = twin.runs.get(runId);
    if (known !== undefined) return sameRequest(known, name, input);
    this.#records?.mustAccept();
    mustBeOnline(twin);
    this.#enter(twin, {
      id: runId,
      action: name,
      status: 'pending',
      ...(input !== undefined && { input }),
      timeRequested: new Date(this.#clock.now()).toISOString(),
    });
    await this.#request(twin, name, { id: runId, ...(input !== undefined && { input }) }, options);
    if (action.synchronous) await this.#ended(twin, runId);
    await twin.stored;
    return twin.runs.get(runId) as ActionStatus;
  }

  query(twin: Twin, name: string, runId: string): ActionStatus {
    return run(twin, name, runId);
  }

  list(twin: Twin, name?: string): readonly ActionStatus[] {
    if (name !== undefined && !twin.shape.actions.has(name)) throw noAction(twin, name);
    return twin.runs.list(name);
  }

  async cancel(
    twin: Twin,
    name: string,
    runId: string,
    options: InteractionOptions = {},
  ): Promise<void> {
    const { status } = run(twin, name, runId);
    if (status === 'completed' || status === 'failed') {
      throw new Problem('action-ended', `run ${runId} of '${name}' is ${status} already`);
    }
    mustBeOnline(twin);
    const wish = { [name]: { cancel: runId } };
    if (twin.answers) await this.#reach.ask(twin, 'request_action', wish, options);
    else {
      await this.#reach.publish(twin, 'request_action', wish);
      await this.#reach.within(twin, twin.runs.ended(runId), this.#reach.deadline(options));
    }
  }

  forget(twin: Twin, name: string, runId: string): void {
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
      if (twin.answers) await this.#reach.ask(twin, 'request_action', { [name]: body }, options);
      else {
        await this.#reach.publish(twin, 'request_action', { [name]: body });
        this.#clock.after(this.#reach.deadline(options), () => {
          if (twin.runs.get(runId)?.status !== 'pending') return;
          this.#fail(twin, runId, this.#reach.silent(twin, options));
        });
      }
    } catch (error) {
      this.#fail(twin, runId, asProblem(error));
      throw error;
    }
  }

  async #ended(twin: Twin, runId: string): Promise<ActionStatus> {
    const ended = await this.#reach.within(twin, twin.runs.ended(runId), synchronousMs);
    if (ended.status === 'failed') throw Problem.from(ended.error, 'action-failed');
    return ended;
  }

  #fail(twin: Twin, runId: string, problem: Problem): void {
    const known = twin.runs.get(runId);
    if (known !== undefined) this.#enter(twin, failedRun(known, problem, this.#clock.now()));
  }

  #enter(twin: Twin, status: ActionStatus): void {
    if (!twin.runs.enter(status)) return;
    const time = this.#clock.now();
    this.#records?.keep(twin, { kind: 'action', thing: twin.id, stamp: undefined, time, status });
    this.#watchers.tell({ kind: 'action', thing: twin, name: status.action, status });
  }
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

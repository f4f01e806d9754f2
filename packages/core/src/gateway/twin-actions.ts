import type { JsonValue } from '../data/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunOrigin } from '../ports/journal.ts';
import { checkRunId } from '../ports/run-id.ts';
import type { ActionStatus, InteractionOptions, InvokeOptions } from '../ports/things.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import { sameRequest } from '../thing/action-runs.ts';
import { checkValue } from '../thing/affordance-checks.ts';
import { type ActionLedger, hasEnded } from './action-ledger.ts';
import { requestOf } from './open-runs.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { RunBook } from './run-book.ts';
import type { Twin } from './twin.ts';
import { mustBeOnline, type TwinReach } from './twin-reach.ts';

/** How long a synchronous action may take before the caller is told that it did not end, in milliseconds. */
const synchronousMs = 30_000;

/** What {@link TwinActions} works with. */
export interface TwinActionsParts {
  readonly reach: TwinReach;
  readonly clock: Clock;
  readonly book: RunBook;
  readonly records: RecordKeeper | undefined;
  /** Aborted when the gateway closes. */
  readonly closing: AbortSignal;
}

/** The actions of all Things: their runs are entered here, handed to the Thing, and followed to their end. */
export class TwinActions {
  readonly #reach: TwinReach;
  readonly #clock: Clock;
  readonly #book: RunBook;
  readonly #records: RecordKeeper | undefined;
  readonly #closing: AbortSignal;

  constructor({ reach, clock, book, records, closing }: TwinActionsParts) {
    this.#reach = reach;
    this.#clock = clock;
    this.#book = book;
    this.#records = records;
    this.#closing = closing;
  }

  async invoke(
    twin: Twin,
    name: string,
    input?: JsonValue,
    options: InvokeOptions = {},
  ): Promise<ActionStatus> {
    const action = twin.shape.actions.get(name);
    if (action === undefined) throw noAction(twin, name);
    const id =
      options.id === undefined ? crypto.randomUUID() : checkRunId('the id of a run', options.id);
    checkValue(twin.checks.inputs.get(name), input, `input of '${name}'`);
    const known = this.#runsOf(twin).get(id);
    const run =
      known === undefined ? this.#begin(twin, name, id, input) : sameRequest(known, name, input);
    if (known === undefined) await this.#request(twin, run, options);
    if (action.synchronous) await this.#ended(twin, id);
    await twin.stored;
    return twin.runs.get(id) ?? run;
  }

  query(twin: Twin, name: string, runId: string): ActionStatus {
    return run(twin, name, runId);
  }

  list(twin: Twin, name?: string): readonly ActionStatus[] {
    if (name !== undefined && !twin.shape.actions.has(name)) throw noAction(twin, name);
    return this.#runsOf(twin).list(name);
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

  async forget(twin: Twin, name: string, runId: string): Promise<void> {
    if (!hasEnded(run(twin, name, runId))) {
      throw new Problem('conflict', `run ${runId} of '${name}' has not ended yet`);
    }
    this.#records?.mustAccept();
    twin.runs.forget(runId);
    const time = this.#clock.now();
    await this.#records?.store({ kind: 'action-forgotten', thing: twin.id, time, id: runId });
  }

  #begin(twin: Twin, action: string, id: string, input: JsonValue | undefined): ActionStatus {
    this.#records?.mustAccept();
    mustBeOnline(twin);
    const run: ActionStatus = {
      id,
      action,
      status: 'pending',
      ...(input !== undefined && { input }),
      timeRequested: new Date(this.#clock.now()).toISOString(),
    };
    this.#book.enter(twin, run, twin.birth && { asked: { epoch: twin.birth.e } });
    return run;
  }

  /** Hands a run to the Thing; a run that it does not take has failed. */
  async #request(twin: Twin, run: ActionStatus, options: InvokeOptions): Promise<void> {
    const asked = twin.runs.asked(run.id);
    try {
      // Whoever chose an id may ask again after a crash, and must then find it.
      if (options.id !== undefined) await twin.stored;
      const request = requestOf(run);
      if (twin.answers) {
        const answer = await this.#reach.ask(twin, 'request_action', request, options);
        this.#book.answered(twin, run, answer);
        return;
      }
      await this.#reach.publish(twin, 'request_action', request);
      this.#clock.after(this.#reach.deadline(options), () => {
        if (!this.#isUntaken(twin, run, asked)) return;
        this.#book.fail(twin, run.id, this.#reach.silent(twin, options));
      });
    } catch (error) {
      if (!this.#isUntaken(twin, run, asked)) return;
      this.#book.fail(twin, run.id, asProblem(error));
      throw error;
    }
  }

  /** Whether a run still waits for the boot that was asked; not while the gateway closes, for then the next one settles it. */
  #isUntaken(twin: Twin, { id }: ActionStatus, asked: RunOrigin | undefined): boolean {
    if (this.#closing.aborted) return false;
    return twin.runs.get(id)?.status === 'pending' && twin.runs.asked(id) === asked;
  }

  async #ended(twin: Twin, runId: string): Promise<ActionStatus> {
    const ended = await this.#reach.within(twin, twin.runs.ended(runId), synchronousMs);
    if (ended.status === 'failed') throw Problem.from(ended.error, 'action-failed');
    return ended;
  }

  #runsOf(twin: Twin): ActionLedger {
    twin.runs.forgetOld(this.#clock.now());
    return twin.runs;
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

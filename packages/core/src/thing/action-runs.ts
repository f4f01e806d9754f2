import type { JsonValue } from '../data/json.ts';
import { jsonEquals } from '../data/json-equals.ts';
import { type Clock, delay, type Timer } from '../ports/clock.ts';
import type { ActionState, ActionStatus } from '../ports/things.ts';
import { Problem, type ProblemDetails } from '../problem/problem.ts';

/** What a run needs to know of the Thing it belongs to. */
export interface ActionHost {
  readonly clock: Clock;
  /** Tells the world where a run stands now. */
  publish(status: ActionStatus): void;
  /** What a handler's failure means to a caller; a bug goes to the log under an incident id. */
  asProblem(error: unknown): Problem;
}

/** Which run it is. */
export interface RunRequest {
  readonly id: string;
  readonly action: string;
  readonly input: JsonValue | undefined;
}

/** What a run does. */
export interface RunWork {
  readonly timeoutMs: number | undefined;
  /** The handler; what it returns is the output. */
  readonly work: () => unknown;
  /** @throws {@link Problem} when the output does not fit. */
  readonly checkOutput: (output: unknown) => void;
}

/** One run of an action: from running to completed or failed, once. */
export class ActionRun {
  readonly id: string;
  readonly #host: ActionHost;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #status: ActionStatus;

  constructor(host: ActionHost, request: RunRequest) {
    this.#host = host;
    this.id = request.id;
    this.#status = {
      id: request.id,
      action: request.action,
      status: 'running',
      ...(request.input !== undefined && { input: request.input }),
      timeRequested: new Date(host.clock.now()).toISOString(),
    };
  }

  get status(): ActionStatus {
    return this.#status;
  }

  get hasEnded(): boolean {
    return this.#status.timeEnded !== undefined;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  progress(fraction: number): void {
    if (!this.hasEnded) this.#become({ progress: fraction });
  }

  delay(ms: number): Promise<void> {
    return delay(this.#host.clock, ms, this.signal);
  }

  /** Starts the work; it is over when {@link hasEnded}, which may be at once. */
  start({ work, timeoutMs, checkOutput }: RunWork): void {
    this.#host.publish(this.#status);
    if (timeoutMs !== undefined) {
      this.#timer = this.#host.clock.after(timeoutMs, () =>
        this.fail(new Problem('action-timeout', `it took longer than ${timeoutMs} ms`)),
      );
    }
    try {
      const output = work();
      if (output instanceof Promise) void this.#settle(output, checkOutput);
      else this.#complete(output, checkOutput);
    } catch (error) {
      this.#break(error);
    }
  }

  /** Ends the run for a reason from outside; the handler learns of it by its signal, its result counts no more. */
  fail(problem: Problem): void {
    if (this.hasEnded) return;
    this.#end('failed', { error: problem.toJSON() });
    this.#abort.abort(problem);
  }

  async #settle(work: Promise<unknown>, checkOutput: (output: unknown) => void): Promise<void> {
    try {
      this.#complete(await work, checkOutput);
    } catch (error) {
      this.#break(error);
    }
  }

  #complete(output: unknown, checkOutput: (output: unknown) => void): void {
    if (this.hasEnded) return;
    checkOutput(output);
    this.#end('completed', output === undefined ? {} : { output: output as JsonValue });
  }

  #break(error: unknown): void {
    if (this.hasEnded) return;
    const problem = this.#host.asProblem(error);
    const told =
      problem.name === 'internal' ? new Problem('action-failed', problem.detail) : problem;
    this.#end('failed', { error: told.toJSON() });
  }

  #end(status: ActionState, result: { output?: JsonValue; error?: ProblemDetails }): void {
    this.#timer?.cancel();
    const timeEnded = new Date(this.#host.clock.now()).toISOString();
    this.#become({ status, ...result, timeEnded });
  }

  #become(change: Partial<ActionStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#host.publish(this.#status);
  }
}

/**
 * How many runs that have ended a Thing remembers, so that an id asked for again is answered, not run again: as many as a
 * gateway remembers, which asks again after a crash.
 */
const remembered = 1_000;

/** The runs of one Thing, by id. */
export class ActionRuns {
  readonly #runs = new Map<string, ActionRun>();

  get(id: string): ActionRun | undefined {
    return this.#runs.get(id);
  }

  add(run: ActionRun): void {
    this.#runs.set(run.id, run);
    if (this.#runs.size > remembered) this.#forgetOldestEnded();
  }

  /** Ends every run that is still going. */
  failAll(problem: Problem): void {
    for (const run of this.#runs.values()) run.fail(problem);
  }

  #forgetOldestEnded(): void {
    for (const [id, run] of this.#runs) {
      if (!run.hasEnded) continue;
      this.#runs.delete(id);
      return;
    }
  }
}

/**
 * The run that was asked for before under the same id.
 *
 * @throws {@link Problem} `conflict` when the id was used for something else.
 */
export function sameRequest(
  known: ActionStatus,
  name: string,
  input: JsonValue | undefined,
): ActionStatus {
  if (known.action === name && jsonEquals(known.input, input)) return known;
  throw new Problem(
    'conflict',
    `'${known.id}' was asked for before, as another action or with another input`,
  );
}

/** A run that the end of its process cut short, as it then stands. */
export function interruptedRun(run: ActionStatus, now: number): ActionStatus {
  const detail = `run '${run.id}' of '${run.action}' was under way when its Thing was restarted`;
  const error = new Problem('action-outcome-unknown', detail).toJSON();
  return { ...run, status: 'failed', error, timeEnded: new Date(now).toISOString() };
}

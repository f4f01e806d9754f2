import type { ActionState, Clock, JsonValue, ProblemDetails } from '@thingtalk/core';
import type { CallOptions } from './deadline.ts';
import type { Http } from './http.ts';
import { Listeners } from './listeners.ts';
import { ProblemError } from './problem-error.ts';

/**
 * Where a run of an action stands.
 *
 * @see {@link https://www.w3.org/TR/wot-profile/#actionstatus-object | WoT Profile, ActionStatus}
 */
export interface RunStatus<Output = JsonValue | undefined> {
  readonly status: ActionState;
  readonly output?: Output;
  readonly error?: ProblemDetails;
  /** How far it has come, as the Thing says it: for ours a fraction from 0 to 1. */
  readonly progress?: JsonValue;
  readonly timeRequested?: string;
  readonly timeEnded?: string;
}

/** What {@link ActionRun} needs. */
export interface RunSettings {
  readonly http: Http;
  readonly clock: Clock;
  /** Names the run in problems, as `'fade' of urn:dev:lamp`. */
  readonly what: string;
  /** Where the run is queried and cancelled; `undefined` for one that ended before it was answered. */
  readonly href: URL | undefined;
}

/** Waits between questions after a run, in milliseconds: short at first, since most runs are. */
const pollMs = { first: 50, longest: 1_000, growth: 1.5 } as const;

/**
 * A run of an action: where it stands, how it ends, and how to end it.
 *
 * HTTP and the Web Thing Protocol tell of a run only when asked, so it is asked after while somebody waits for
 * {@link ended} or listens by {@link onStatus}, every 50 ms at first and every second later. The protocol's lifecycles of
 * `invokeaction` and `queryaction` are one request and one response, without notifications; "A Thing MUST only send one
 * response message for each `queryaction` request", and an error after the first response "should be reported via a
 * `queryaction` operation instead". A gateway that pushed would have clients that only it understands.
 *
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "Operation Lifecycles", "queryaction"}
 */
export class ActionRun<Output = JsonValue | undefined> {
  readonly #settings: RunSettings;
  readonly #listeners = new Listeners<RunStatus<Output>>();
  #status: RunStatus<Output>;
  #ended: Promise<Output> | undefined;

  constructor(status: RunStatus<Output>, settings: RunSettings) {
    this.#status = status;
    this.#settings = settings;
  }

  /** Where it stood when it was last heard of. */
  get status(): RunStatus<Output> {
    return this.#status;
  }

  /** Where it can be queried; `undefined` for a synchronous action, which has ended already. */
  get href(): string | undefined {
    return this.#settings.href?.href;
  }

  /**
   * Resolves with the output when the run completes.
   *
   * Rejects with a {@link ProblemError} when it fails (`action-cancelled`, `action-timeout`, what the Thing said) or the
   * gateway no longer knows it.
   */
  get ended(): Promise<Output> {
    this.#ended ??= this.#follow();
    // One who only listens need not also catch.
    this.#ended.catch(() => {});
    return this.#ended;
  }

  /** Calls `listener` when the status changes, until the run ends; returns how to stop. */
  onStatus(listener: (status: RunStatus<Output>) => void): () => void {
    const stop = this.#listeners.add(listener);
    void this.ended;
    return stop;
  }

  /** Asks once where the run stands. */
  async query(options: CallOptions = {}): Promise<RunStatus<Output>> {
    const { href, http, what } = this.#settings;
    if (href === undefined || isOver(this.#status)) return this.#status;
    const { body } = await http.call(href, options);
    this.#take(runStatus<Output>(body, what));
    return this.#status;
  }

  /**
   * Cancels the run and waits for the Thing to confirm.
   *
   * @throws {@link ProblemError} `action-ended` when there is nothing left to cancel.
   */
  async cancel(options: CallOptions = {}): Promise<void> {
    const { href, http, what } = this.#settings;
    if (href === undefined) {
      const detail = `${what} has ended already`;
      throw ProblemError.refused('action-ended', 409, 'The action has already ended', detail);
    }
    await http.call(href, { ...options, method: 'DELETE' });
  }

  async #follow(): Promise<Output> {
    let pauseMs: number = pollMs.first;
    while (!isOver(this.#status)) {
      await this.#pause(pauseMs);
      pauseMs = Math.min(pollMs.longest, pauseMs * pollMs.growth);
      try {
        await this.query();
      } catch (error) {
        // A gateway that is away for a moment says nothing about the run.
        if (!(error instanceof ProblemError) || !passing.has(error.name)) throw error;
      }
    }
    const { status, output, error } = this.#status;
    if (status === 'failed') throw ProblemError.from(error, error?.status ?? 500);
    return output as Output;
  }

  #take(status: RunStatus<Output>): void {
    const isNew = JSON.stringify(status) !== JSON.stringify(this.#status);
    this.#status = status;
    if (isNew) this.#listeners.tell(status);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#settings.clock.after(ms, resolve));
  }
}

/**
 * Reads an ActionStatus.
 *
 * @throws {@link ProblemError} `answer-invalid` when it is none.
 */
export function runStatus<Output>(body: JsonValue | undefined, what: string): RunStatus<Output> {
  const status = (body as { readonly status?: unknown } | null | undefined)?.status;
  if (typeof status === 'string' && states.has(status)) return body as unknown as RunStatus<Output>;
  const given = JSON.stringify(body)?.slice(0, 80);
  throw ProblemError.ofConnection('answer-invalid', `${what} was answered with ${given}`);
}

const states: ReadonlySet<string> = new Set(['pending', 'running', 'completed', 'failed']);
const passing: ReadonlySet<string> = new Set(['gateway-unreachable', 'gateway-silent']);

function isOver({ status }: RunStatus<unknown>): boolean {
  return status === 'completed' || status === 'failed';
}

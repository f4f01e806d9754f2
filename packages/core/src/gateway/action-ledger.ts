import type { ActionStatus } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';

/** How many runs that have ended are remembered for each Thing. */
const remembered = 100;
/** How many runs may be open at once on one Thing. */
const openAtOnce = 1_000;

/** The runs of one Thing's actions: open ones, and the last that ended. */
export class ActionLedger {
  readonly #runs = new Map<string, ActionStatus>();
  readonly #waiting = new Map<string, ((ended: ActionStatus) => void)[]>();
  #open = 0;

  get(id: string): ActionStatus | undefined {
    return this.#runs.get(id);
  }

  /** All that are remembered, newest first; of one action or of all. */
  list(action?: string): ActionStatus[] {
    const runs = [...this.#runs.values()].reverse();
    return action === undefined ? runs : runs.filter((run) => run.action === action);
  }

  /** The open run of `action` that was asked for first. */
  oldestOpen(action: string): ActionStatus | undefined {
    for (const run of this.#runs.values()) {
      if (run.action === action && !hasEnded(run)) return run;
    }
    return undefined;
  }

  /**
   * Enters a run, or where it stands now. What has ended stays as it ended.
   *
   * @returns whether that is news.
   * @throws {@link Problem} `too-many-requests` when too many runs are open.
   */
  enter(run: ActionStatus): boolean {
    const known = this.#runs.get(run.id);
    if (known !== undefined && (hasEnded(known) || same(known, run))) return false;
    if (known === undefined) this.#admit();
    this.#runs.set(run.id, run);
    if (hasEnded(run)) this.#close(run);
    return true;
  }

  /** Ends every open run as failed; returns them as they now are. */
  failOpen(problem: Problem, now: number): readonly ActionStatus[] {
    const failed: ActionStatus[] = [];
    for (const run of this.#runs.values()) {
      if (hasEnded(run)) continue;
      const ended = failedRun(run, problem, now);
      this.enter(ended);
      failed.push(ended);
    }
    return failed;
  }

  /** Forgets a run that has ended. */
  forget(id: string): void {
    this.#runs.delete(id);
  }

  /** Resolves when the run has ended. */
  ended(id: string): Promise<ActionStatus> {
    const run = this.#runs.get(id);
    if (run !== undefined && hasEnded(run)) return Promise.resolve(run);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) this.#waiting.set(id, [resolve]);
      else waiting.push(resolve);
    });
  }

  #admit(): void {
    if (this.#open >= openAtOnce) {
      throw new Problem('too-many-requests', `${openAtOnce} runs are open already`, {
        retryAfterSeconds: 1,
      });
    }
    this.#open++;
    // The Map keeps the order in which runs were asked for; ended ones leave from its old end.
    if (this.#runs.size - this.#open >= remembered) {
      for (const old of this.#runs.values()) {
        if (!hasEnded(old)) continue;
        this.#runs.delete(old.id);
        break;
      }
    }
  }

  #close(run: ActionStatus): void {
    this.#open--;
    const waiting = this.#waiting.get(run.id);
    this.#waiting.delete(run.id);
    for (const resolve of waiting ?? []) resolve(run);
  }
}

/** Whether a run is over. */
export function hasEnded({ status }: ActionStatus): boolean {
  return status === 'completed' || status === 'failed';
}

/** A run as it stands once it has failed. */
export function failedRun(run: ActionStatus, problem: Problem, now: number): ActionStatus {
  const timeEnded = new Date(now).toISOString();
  return { ...run, status: 'failed', error: problem.toJSON(), timeEnded };
}

function same(a: ActionStatus, b: ActionStatus): boolean {
  return a.status === b.status && JSON.stringify(a.progress) === JSON.stringify(b.progress);
}

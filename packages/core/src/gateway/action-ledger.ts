import { jsonEquals } from '../data/json-equals.ts';
import type { RunOrigin, StoredRun } from '../ports/journal.ts';
import type { ActionStatus } from '../ports/things.ts';
import { Problem, problemTypePrefix } from '../problem/problem.ts';
import type { ProblemName } from '../problem/problems.ts';

/** How long a run that has ended is remembered, in milliseconds, so that its id asked for again is answered: a day. */
const rememberedMs = 86_400_000;
/** How many runs that have ended are remembered at most of each Thing. */
const rememberedRuns = 1_000;
/** How much they may hold together, as characters of JSON; the newest is remembered whatever it holds. */
const rememberedCharacters = 2 ** 20;
/** How many runs may be open at once on one Thing. */
const openAtOnce = 1_000;

interface Entry {
  readonly status: ActionStatus;
  readonly asked: RunOrigin | undefined;
}

/** What the ledger counts of a run that has ended. */
interface Ended {
  readonly at: number;
  readonly characters: number;
}

/**
 * The runs of one Thing's actions: open ones, and those that ended within the last 24 hours, at most the last 1,000 and
 * 1 MiB of them.
 */
export class ActionLedger {
  readonly #runs = new Map<string, Entry>();
  /** In the order in which they ended. */
  readonly #ended = new Map<string, Ended>();
  readonly #waiting = new Map<string, ((ended: ActionStatus) => void)[]>();
  #characters = 0;

  get(id: string): ActionStatus | undefined {
    return this.#runs.get(id)?.status;
  }

  /** Which boot of the Thing was asked for a run; `undefined` for a bare device that was asked once. */
  asked(id: string): RunOrigin | undefined {
    return this.#runs.get(id)?.asked;
  }

  /** All that are remembered, newest first; of one action or of all. */
  list(action?: string): ActionStatus[] {
    const runs = [...this.#runs.values()].map(({ status }) => status).reverse();
    return action === undefined ? runs : runs.filter((run) => run.action === action);
  }

  /** All that have not ended, oldest first. */
  open(): ActionStatus[] {
    if (this.#runs.size === this.#ended.size) return [];
    return [...this.#runs.values()].flatMap(({ status }) => (hasEnded(status) ? [] : [status]));
  }

  /** The open run of `action` that was asked for first. */
  oldestOpen(action: string): ActionStatus | undefined {
    return this.open().find((run) => run.action === action);
  }

  /**
   * Enters a run, or where it stands now. What has ended stays as it ended, unless nobody knew how: then the Thing's own
   * word counts, however late.
   *
   * @param now what time it is, in milliseconds since 1970.
   * @param asked who is asked for it now; left out, who was before.
   * @returns whether that is news.
   * @throws {@link Problem} `too-many-requests` when too many runs are open.
   */
  enter(status: ActionStatus, now: number, asked?: RunOrigin): boolean {
    const known = this.#runs.get(status.id);
    if (known !== undefined && asked === undefined && !isNews(known.status, status)) return false;
    if (known === undefined && this.#runs.size - this.#ended.size >= openAtOnce) {
      throw new Problem('too-many-requests', `${openAtOnce} runs are open already`, {
        retryAfterSeconds: 1,
      });
    }
    this.#put({ status, asked: asked ?? known?.asked }, now);
    return true;
  }

  /** Takes back a run that was stored. */
  restore({ asked, ...status }: StoredRun, now: number): void {
    const times = [status.timeEnded, status.timeRequested].map((time) => Date.parse(time ?? ''));
    // A device's clock may be wrong, and may make nothing be remembered longer than what ends now.
    const at = Math.min(now, Math.max(...times.map((time) => (Number.isNaN(time) ? 0 : time))));
    this.#put({ status, asked }, at);
    this.forgetOld(now);
  }

  /** Ends every open run as failed. */
  failOpen(problem: Problem, now: number): void {
    for (const run of this.open()) this.enter(failedRun(run, problem, now), now);
  }

  /** Forgets a run that has ended. */
  forget(id: string): void {
    this.#runs.delete(id);
    this.#uncount(id);
  }

  /** Forgets what ended too long ago to be remembered, or before too much else. */
  forgetOld(now: number): void {
    for (const [id, { at }] of this.#ended) {
      const isOne = this.#ended.size === 1;
      const isMuch = this.#ended.size > rememberedRuns || this.#characters > rememberedCharacters;
      if (at > now - rememberedMs && (isOne || !isMuch)) return;
      this.forget(id);
    }
  }

  /** Resolves when the run has ended. */
  ended(id: string): Promise<ActionStatus> {
    const run = this.get(id);
    if (run !== undefined && hasEnded(run)) return Promise.resolve(run);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) this.#waiting.set(id, [resolve]);
      else waiting.push(resolve);
    });
  }

  #put(entry: Entry, now: number): void {
    const { status } = entry;
    this.#uncount(status.id);
    this.#runs.set(status.id, entry);
    if (!hasEnded(status)) return;
    const characters = JSON.stringify(status).length;
    this.#ended.set(status.id, { at: now, characters });
    this.#characters += characters;
    this.forgetOld(now);
    const waiting = this.#waiting.get(status.id);
    this.#waiting.delete(status.id);
    for (const resolve of waiting ?? []) resolve(status);
  }

  #uncount(id: string): void {
    this.#characters -= this.#ended.get(id)?.characters ?? 0;
    this.#ended.delete(id);
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

function isNews(known: ActionStatus, said: ActionStatus): boolean {
  if (hasEnded(known)) return isUnknown(known) && hasEnded(said) && !isUnknown(said);
  return known.status !== said.status || !jsonEquals(known.progress, said.progress);
}

/** Whether a run ended without anybody knowing how: no state is called `unknown`, so it has failed with this problem. */
function isUnknown({ error }: ActionStatus): boolean {
  return error?.type === `${problemTypePrefix}${'action-outcome-unknown' satisfies ProblemName}`;
}

import type { JsonObject } from '../data/json.ts';
import { type Clock, delay } from '../ports/clock.ts';
import type { RunOrigin } from '../ports/journal.ts';
import type { ActionStatus } from '../ports/things.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import { hasEnded } from './action-ledger.ts';
import type { RunBook } from './run-book.ts';
import type { Twin } from './twin.ts';
import type { TwinReach } from './twin-reach.ts';

/** What {@link OpenRuns} works with. */
export interface OpenRunsParts {
  readonly reach: TwinReach;
  readonly clock: Clock;
  readonly book: RunBook;
  /** Aborted when the gateway closes: from then on it asks for nothing, and what is open stays open. */
  readonly closing: AbortSignal;
}

/**
 * Settles the runs that a crash left open, of the gateway or of the Thing.
 *
 * The boot of a Thing that was asked may be asked again, since it knows the ids of its runs. Of another boot an idempotent
 * action is asked once more; any other is never run again in silence: it has failed, and nobody knows its outcome.
 */
export class OpenRuns {
  readonly #with: OpenRunsParts;

  constructor(parts: OpenRunsParts) {
    this.#with = parts;
  }

  /** A boot of the Thing has announced itself, for the first time or after a reconnect. */
  born(twin: Twin): void {
    for (const run of twin.openRuns) {
      const asked = twin.runs.asked(run.id);
      if (asked?.epoch !== undefined) this.#settle(twin, run, asked);
    }
  }

  /** The gateway was restarted and found the Thing again: a bare device has until the deadline to speak of its runs by itself. */
  restored(twin: Twin): void {
    const { clock, reach } = this.#with;
    const bare = twin.openRuns.filter(({ id }) => twin.runs.asked(id)?.epoch === undefined);
    if (bare.length === 0) return;
    clock.after(reach.deadline({}), () => {
      for (const run of bare) {
        if (isOpen(twin, run)) this.#settle(twin, run, twin.runs.asked(run.id));
      }
    });
  }

  #settle(twin: Twin, run: ActionStatus, asked: RunOrigin | undefined): void {
    const { birth, liveness, shape } = twin;
    if (this.#with.closing.aborted) return;
    if (asked?.epoch !== undefined && asked.epoch === birth?.e) {
      void this.#ask(twin, run);
      return;
    }
    const isIdempotent = shape.actions.get(run.action)?.idempotent === true;
    if (!isIdempotent || asked?.again || !liveness.online) {
      this.#with.book.fail(twin, run.id, outcomeUnknown(twin, run));
      return;
    }
    const { progress: _, ...anew } = run;
    const origin = { ...(birth && { epoch: birth.e }), again: true } as const;
    this.#with.book.enter(twin, { ...anew, status: 'pending' }, { asked: origin });
    // Only once it is stored that it is asked again: else another crash would have it asked a third time.
    Promise.resolve(twin.stored).then(
      () => (twin.answers ? this.#ask(twin, run) : this.#tell(twin, run)),
      () => this.#with.book.fail(twin, run.id, outcomeUnknown(twin, run)),
    );
  }

  /** Asks a Thing that answers, until it does or is not there any more; its next birth begins anew. */
  async #ask(twin: Twin, run: ActionStatus): Promise<void> {
    const { book, clock, reach, closing } = this.#with;
    const { birth } = twin;
    while (twin.birth === birth && twin.liveness.online && isOpen(twin, run)) {
      try {
        const answer = await reach.ask(twin, 'request_action', requestOf(run), { signal: closing });
        return book.answered(twin, run, answer);
      } catch (error) {
        if (closing.aborted) return;
        const problem = asProblem(error);
        if (!isPassing(problem)) return book.fail(twin, run.id, problem);
      }
      await delay(clock, reach.deadline({}), closing).catch(() => {});
    }
  }

  #tell(twin: Twin, run: ActionStatus): void {
    const { book, clock, reach, closing } = this.#with;
    const fail = () => {
      if (closing.aborted || twin.runs.get(run.id)?.status !== 'pending') return;
      book.fail(twin, run.id, outcomeUnknown(twin, run));
    };
    reach.publish(twin, 'request_action', requestOf(run)).catch(fail);
    clock.after(reach.deadline({}), fail);
  }
}

/** How a Thing is asked for a run. */
export function requestOf({ action, id, input }: ActionStatus): JsonObject {
  return { [action]: { id, ...(input !== undefined && { input }) } };
}

function isOpen(twin: Twin, { id }: ActionStatus): boolean {
  const run = twin.runs.get(id);
  return run !== undefined && !hasEnded(run);
}

/** Whether a problem may be gone the next time, and says nothing of the run. */
function isPassing({ name }: Problem): boolean {
  return name === 'thing-unreachable' || name === 'overloaded';
}

function outcomeUnknown({ id }: Twin, run: ActionStatus): Problem {
  const detail = `${id} was asked for run '${run.id}' of '${run.action}', and could not say how it ended`;
  return new Problem('action-outcome-unknown', detail);
}

import { isJsonObject, type JsonValue } from '../data/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { EntryStamp, RunOrigin } from '../ports/journal.ts';
import type { ActionStatus } from '../ports/things.ts';
import type { Problem } from '../problem/problem.ts';
import { failedRun } from './action-ledger.ts';
import { readActionStatus } from './action-message.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Twin } from './twin.ts';
import type { Watchers } from './watchers.ts';

/** What a {@link RunBook} works with. */
export interface RunBookParts {
  readonly clock: Clock;
  readonly watchers: Watchers;
  readonly records: RecordKeeper | undefined;
}

/** Where runs are written down: in the ledger of their Thing, in the journal, and for those who watch. */
export class RunBook {
  readonly #with: RunBookParts;

  constructor(parts: RunBookParts) {
    this.#with = parts;
  }

  /**
   * Enters a run, or where it stands now, if that is news; that its Thing said something is kept in any case.
   *
   * @param more the stamp of the message that said so; which boot of the Thing is asked for it now.
   * @throws {@link Problem} `too-many-requests` when too many runs are open.
   */
  enter(
    twin: Twin,
    status: ActionStatus,
    { stamp, asked }: { readonly stamp?: EntryStamp | undefined; readonly asked?: RunOrigin } = {},
  ): void {
    const { clock, records, watchers } = this.#with;
    const time = clock.now();
    if (!twin.runs.enter(status, time, asked)) {
      if (stamp === undefined) return;
      records?.keep(twin, { kind: 'values', thing: twin.id, stamp, time, values: {} });
      return;
    }
    const origin = twin.runs.asked(status.id);
    const stored = { ...status, ...(origin && { asked: origin }) };
    records?.keep(twin, { kind: 'action', thing: twin.id, stamp, time, status: stored });
    watchers.tell({ kind: 'action', thing: twin, name: status.action, status });
  }

  /**
   * Takes what a Thing answered that was asked for a run: the answer alone says how a run ended that it spoke of while
   * nobody listened.
   *
   * @throws {@link Problem} `payload-invalid` when the answer speaks of the action and is no state of a run.
   */
  answered(twin: Twin, { id, action }: ActionStatus, answer: JsonValue): void {
    const said = isJsonObject(answer) ? answer[action] : undefined;
    if (!isJsonObject(said)) return;
    const now = this.#with.clock.now();
    this.enter(twin, readActionStatus(action, { ...said, id }, twin.runs, now));
  }

  /** Ends a run as failed; one that has ended stays as it ended. */
  fail(twin: Twin, id: string, problem: Problem): void {
    const known = twin.runs.get(id);
    if (known !== undefined) this.enter(twin, failedRun(known, problem, this.#with.clock.now()));
  }
}

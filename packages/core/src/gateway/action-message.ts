import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { checkRunId } from '../ports/run-id.ts';
import type { ActionState, ActionStatus } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import type { ActionLedger } from './action-ledger.ts';
import { hasEnded } from './action-ledger.ts';

/** What bare devices say, and what is meant: the webthings dialect calls a pending run `created`. */
const states: ReadonlyMap<JsonValue | undefined, ActionState> = new Map([
  ['pending', 'pending'],
  ['created', 'pending'],
  ['running', 'running'],
  ['completed', 'completed'],
  ['failed', 'failed'],
]);

/**
 * Reads what a Thing says of a run. One without an id belongs to the oldest open run of its action.
 *
 * @throws {@link Problem} `payload-invalid` that names what is wrong.
 */
export function readActionStatus(
  action: string,
  body: JsonValue | undefined,
  runs: ActionLedger,
  now: number,
): ActionStatus {
  if (!isJsonObject(body)) {
    throw new Problem(
      'payload-invalid',
      `/${action} must be an object, not ${JSON.stringify(body)}`,
    );
  }
  const status = states.get(body.status);
  if (status === undefined) {
    throw new Problem(
      'payload-invalid',
      `/${action}/status must be pending, running, completed or failed, not ${JSON.stringify(body.status)}`,
    );
  }
  const id = typeof body.id === 'string' ? checkRunId(`/${action}/id`, body.id) : undefined;
  const known = id === undefined ? runs.oldestOpen(action) : runs.get(id);
  const timeRequested = known?.timeRequested ?? text(body.timeRequested) ?? iso(now);
  // What was thought of its end counts no more once the Thing speaks of it.
  const { error: _, timeEnded: __, ...before } = known ?? {};
  const run = {
    ...before,
    id: id ?? known?.id ?? crypto.randomUUID(),
    action,
    status,
    timeRequested,
    ...pick(body, known === undefined ? ['input', 'output', 'progress'] : ['output', 'progress']),
    ...(isJsonObject(body.error) && { error: Problem.from(body.error, 'action-failed').toJSON() }),
  };
  return hasEnded(run) ? { ...run, timeEnded: text(body.timeEnded) ?? iso(now) } : run;
}

function pick(body: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    members.flatMap((member) => (body[member] === undefined ? [] : [[member, body[member]]])),
  );
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

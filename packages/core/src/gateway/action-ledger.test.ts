import { expect, test } from 'vitest';
import type { ActionState, ActionStatus } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import { ActionLedger } from './action-ledger.ts';

const dayMs = 86_400_000;
const at = (ms: number) => new Date(ms).toISOString();

const run = (id: string, status: ActionState, more: Partial<ActionStatus> = {}): ActionStatus => ({
  id,
  action: 'fade',
  status,
  timeRequested: at(0),
  ...more,
});

const ids = (ledger: ActionLedger) => ledger.list().map(({ id }) => id);

test('a run that has ended is remembered for 24 hours, an open one until it ends', () => {
  const ledger = new ActionLedger();
  ledger.enter(run('ended', 'completed'), 1_000);
  ledger.enter(run('open', 'running'), 1_000);
  ledger.forgetOld(dayMs + 999);
  expect(ids(ledger)).toEqual(['open', 'ended']);
  ledger.forgetOld(dayMs + 1_000);
  expect(ids(ledger)).toEqual(['open']);
});

test('of those that ended the last thousand are remembered, in the order in which they ended', () => {
  const ledger = new ActionLedger();
  for (let n = 0; n < 1_000; n++) ledger.enter(run(`r${n}`, 'pending'), 0);
  for (let n = 999; n >= 0; n--) ledger.enter(run(`r${n}`, 'completed'), 0);
  ledger.enter(run('last', 'completed'), 0);
  expect(ids(ledger)).toHaveLength(1_000);
  expect(ledger.get('r999')).toBeUndefined();
  expect(ledger.get('r0')).toBeDefined();
});

test('large ones are fewer, and the newest is remembered whatever its size', () => {
  const ledger = new ActionLedger();
  const large = { output: 'x'.repeat(400_000) };
  for (const id of ['a', 'b', 'c']) ledger.enter(run(id, 'completed', large), 0);
  expect(ids(ledger)).toEqual(['c', 'b']);
  ledger.enter(run('huge', 'completed', { output: 'x'.repeat(2_000_000) }), 0);
  expect(ids(ledger)).toEqual(['huge']);
  ledger.enter(run('small', 'completed'), 0);
  expect(ids(ledger)).toEqual(['small']);
});

test('more than 1,000 open runs are refused; one that ends makes room', () => {
  const ledger = new ActionLedger();
  for (let n = 0; n < 1_000; n++) ledger.enter(run(`r${n}`, 'running'), 0);
  expect(() => ledger.enter(run('more', 'pending'), 0)).toThrow('1000 runs are open');
  ledger.enter(run('r0', 'failed'), 0);
  expect(ledger.enter(run('more', 'pending'), 0)).toBe(true);
});

test('a restored run is remembered until 24 hours after it ended, as far as clocks can be believed', () => {
  const ledger = new ActionLedger();
  const now = 10 * dayMs;
  const requested = { timeRequested: at(now - 5_000) };
  const restored: readonly ActionStatus[] = [
    run('old', 'completed', { timeEnded: at(now - dayMs) }),
    run('recent', 'completed', { timeEnded: at(now - dayMs + 1) }),
    run('no battery', 'completed', { ...requested, timeEnded: at(0) }),
    run('no time', 'completed', { ...requested, timeEnded: 'yesterday' }),
    run('future', 'completed', { timeEnded: at(now * 2) }),
    run('open', 'running'),
  ];
  for (const one of restored) ledger.restore(one, now);
  expect(ids(ledger)).toEqual(['open', 'future', 'no time', 'no battery', 'recent']);
  ledger.forgetOld(now + dayMs);
  expect(ids(ledger)).toEqual(['open']);
});

test('who was asked is kept with the run until somebody else is', () => {
  const ledger = new ActionLedger();
  ledger.enter(run('r', 'pending'), 0, { epoch: 1 });
  ledger.enter(run('r', 'running'), 0);
  expect(ledger.asked('r')).toEqual({ epoch: 1 });
  expect(ledger.enter(run('r', 'running'), 0, { epoch: 2, again: true })).toBe(true);
  expect(ledger.asked('r')).toEqual({ epoch: 2, again: true });
});

test('what has ended stays, unless nobody knew how it ended: then the first who knows is believed', () => {
  const ledger = new ActionLedger();
  const unknown = new Problem('action-outcome-unknown', 'the Thing restarted').toJSON();
  ledger.enter(run('r', 'pending'), 0);
  ledger.enter(run('r', 'failed', { error: unknown }), 0);
  expect(ledger.enter(run('r', 'running'), 0)).toBe(false);
  expect(ledger.enter(run('r', 'failed', { error: unknown }), 1)).toBe(false);
  expect(ledger.enter(run('r', 'completed'), 1)).toBe(true);
  expect(ledger.enter(run('r', 'failed'), 2)).toBe(false);
  expect(ledger.get('r')?.status).toBe('completed');
  expect(ledger.open()).toEqual([]);
});

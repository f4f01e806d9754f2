import {
  type EntryStamp,
  type JsonObject,
  Payload,
  type SaidMessage,
  ThingId,
  type ThingOutbox,
} from '@thingtalk/core';
import { Dice } from '../dice.ts';

/** What the program that is traced does as one of its steps. */
export type OutboxStep = { readonly thing: ThingId } & (
  | { readonly kind: 'say'; readonly message: SaidMessage }
  | { readonly kind: 'trim'; readonly upTo: EntryStamp }
  | { readonly kind: 'forget' }
);

/** The Things that speak. */
export const things: readonly [ThingId, ThingId] = [
  ThingId('urn:dev:lamp'),
  ThingId('urn:dev:fan'),
];

const parts = ['event', 'event', 'event', 'action', 'values'] as const;

/** The nth step, always the same: events, states of runs, values, and what a gateway has stored. */
export function outboxStep(n: number): OutboxStep {
  const dice = new Dice(n);
  const thing = dice.oneOf(things);
  if (dice.chance(0.01)) return { kind: 'forget', thing };
  if (dice.chance(0.1)) {
    return { kind: 'trim', thing, upTo: { e: 1, s: n - dice.below(40) } };
  }
  const part = dice.oneOf(parts);
  return { kind: 'say', thing, message: messageOf(part, n, dice) };
}

function messageOf(part: SaidMessage['part'], n: number, dice: Dice): SaidMessage {
  const stamp = { e: 1, s: n };
  const payload = Payload.of({ ...membersOf(part, n, dice), $: { ...stamp, t: 0 } });
  return { part, stamp, payload };
}

function membersOf(part: SaidMessage['part'], n: number, dice: Dice): JsonObject {
  const text = 'x'.repeat(dice.below(dice.chance(0.1) ? 20_000 : 500));
  if (part === 'event') return { pressed: { data: text } };
  if (part === 'values') return { level: n, text };
  const run = { id: `${Math.floor(n / 50)}-${dice.below(3)}`, timeRequested: `at ${n}` };
  const isOver = dice.chance(0.5);
  return {
    fade: { ...run, status: isOver ? 'completed' : 'running', ...(isOver && { timeEnded: 'now' }) },
  };
}

/** Takes a step in the outbox of its Thing. */
export function takeIn(outbox: ThingOutbox, step: OutboxStep): void {
  if (step.kind === 'say') outbox.add(step.message);
  else if (step.kind === 'trim') outbox.trim(step.upTo);
  else outbox.forget();
}

import { type JournalEntry, type JsonValue, ThingId } from '@thingtalk/core';
import { Dice } from '../dice.ts';

/** What the program that is traced does as one of its steps. */
export type JournalStep =
  | { readonly kind: 'entry'; readonly entry: JournalEntry; readonly patient: boolean }
  | { readonly kind: 'document'; readonly key: string; readonly value: JsonValue };

/** What the steps are about. */
export const subjects = {
  things: [ThingId('urn:dev:lamp'), ThingId('urn:dev:fan')],
  collection: 'tds',
  documents: ['a', 'b', 'c'],
} as const;

/** So little that the log, which grows to half of it, begins anew again and again. */
export const ballastBytes: number = 2 ** 17;

/** The nth step, always the same: every kind of entry, now and then one that was sent before, or one of several pages. */
export function journalStep(n: number): JournalStep {
  const dice = new Dice(n);
  if (n > 20 && dice.chance(0.05)) return journalStep(n - 1 - dice.below(10));
  const text = 'x'.repeat(dice.below(dice.chance(0.04) ? 15_000 : 200));
  const value = { n, text };
  if (dice.chance(0.08)) return { kind: 'document', key: dice.oneOf(subjects.documents), value };
  return { kind: 'entry', entry: entryOf(dice, n, value), patient: dice.chance(0.1) };
}

const kinds = ['event', 'event', 'event', 'values', 'values', 'action', 'action', 'wish'] as const;
const states = ['pending', 'running', 'completed', 'failed'] as const;

function entryOf(dice: Dice, n: number, value: JsonValue): JournalEntry {
  const kind = dice.chance(0.01) ? 'forgotten' : dice.oneOf(kinds);
  const common = { thing: dice.oneOf(subjects.things), stamp: { e: 1, s: n }, time: n };
  const name = dice.oneOf(['on', 'level', 'ü']);
  switch (kind) {
    case 'event':
      return { kind, ...common, name, data: value };
    case 'values':
      return { kind, ...common, values: { [name]: value } };
    case 'action': {
      const id = `${Math.floor(n / 50)}-${dice.below(3)}`;
      if (dice.chance(0.2)) {
        return { kind: 'action-forgotten', thing: common.thing, time: n, id };
      }
      const status = { id, action: name, status: dice.oneOf(states), timeRequested: `at ${n}` };
      return { kind, ...common, status };
    }
    case 'wish': {
      const { thing, time } = common;
      return { kind, thing, time, name, version: n, value: dice.chance(0.7) ? value : undefined };
    }
    default:
      return { kind, thing: common.thing, time: n };
  }
}

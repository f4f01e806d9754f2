import { expect } from 'vitest';
import type { Journal, JournalEntry, StoredThing } from '../ports/journal.ts';
import type { ActionState, ActionStatus } from '../ports/things.ts';
import { ThingId } from '../td/thing-id.ts';
import { recovered } from './journal-model.ts';

/** A Thing of the suites. */
export const lamp = ThingId('urn:dev:lamp');
/** Another Thing of the suites. */
export const fan = ThingId('urn:dev:fan');

/** Something a Thing said of its properties. */
export const values = (
  thing: ThingId,
  s: number | undefined,
  members: Record<string, number | string>,
  e = 1,
): JournalEntry => ({
  kind: 'values',
  thing,
  stamp: s === undefined ? undefined : { e, s },
  time: 1_000 + (s ?? 0),
  values: members,
});

/** The nth event of the lamp. */
export const event = (n: number, s: number | undefined = n): JournalEntry & { kind: 'event' } => ({
  kind: 'event',
  thing: lamp,
  stamp: s === undefined ? undefined : { e: 1, s },
  time: 1_000 + n,
  name: 'overheated',
  data: n,
});

/** A run of an action. */
export const status = (id: string, state: ActionState): ActionStatus => ({
  id,
  action: 'fade',
  status: state,
  timeRequested: '2026-01-01T00:00:00.000Z',
});

/** What the lamp said of a run. */
export const action = (id: string, state: ActionState): JournalEntry => ({
  kind: 'action',
  thing: lamp,
  stamp: undefined,
  time: 1,
  status: status(id, state),
});

/** That a run of the lamp is no more remembered. */
export const forgotten = (id: string): JournalEntry => ({
  kind: 'action-forgotten',
  thing: lamp,
  time: 1,
  id,
});

/** A wish for the lamp. */
export const wish = (version: number, value: number | undefined): JournalEntry => ({
  kind: 'wish',
  thing: lamp,
  time: version,
  name: 'level',
  version,
  value,
});

/** The one Thing that a journal knows. */
export async function only(journal: Journal): Promise<StoredThing> {
  const things = await recovered(journal);
  expect(things).toHaveLength(1);
  return things[0] as StoredThing;
}

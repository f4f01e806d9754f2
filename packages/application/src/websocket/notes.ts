import type { Right, ThingNote } from '@thingtalk/core';
import type { Change } from '../feed/change.ts';

/** Where a run of an action stands, as the twin tells it. */
export type ActionNote = Extract<ThingNote, { readonly kind: 'action' }>;

/** What can be subscribed to, and how it is told. */
export interface Notes {
  readonly property: Change;
  readonly event: Change;
  readonly action: ActionNote;
}

/** What it takes to hear of each. */
export const rights = {
  property: 'observe',
  event: 'subscribe',
  action: 'invoke',
} as const satisfies Record<keyof Notes, Right>;

/** A kind of affordance that can be subscribed to. */
export type Kind = keyof Notes;

/** Any of them. */
export type AffordanceNote = Notes[Kind];

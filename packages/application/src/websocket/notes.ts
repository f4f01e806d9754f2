import type { ThingNote } from '@thingtalk/core';

type Of<K extends ThingNote['kind']> = Extract<ThingNote, { kind: K }>;

/** A change of a property, as the twin tells it. */
export type PropertyNote = Of<'property'>;
/** Something that happened, as the twin tells it. */
export type EventNote = Of<'event'>;
/** Where a run of an action stands, as the twin tells it. */
export type ActionNote = Of<'action'>;

/** What can be subscribed to, and how it is told. */
export interface Notes {
  readonly property: PropertyNote;
  readonly event: EventNote;
  readonly action: ActionNote;
}

/** A kind of affordance that can be subscribed to. */
export type Kind = keyof Notes;

/** Any of them. */
export type AffordanceNote = Notes[Kind];

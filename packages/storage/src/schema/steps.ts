/** The names of every step from an empty database to what `Tables` says, in order. */
export const stepNames = [
  '0001-documents-and-journal',
  '0002-places-of-documents',
  '0003-documents-in-one-piece',
] as const;

/** The name of a step. */
export type StepName = (typeof stepNames)[number];

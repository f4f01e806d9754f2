/** A document as it was stored, with who wrote it and when. */
export interface Stored<T> {
  readonly id: string;
  readonly value: T;
  /** Counts its changes, from 1. */
  readonly version: number;
  /** Who wrote this version. */
  readonly author: string;
  /** When this version was written, in milliseconds since 1970. */
  readonly time: number;
}

import type { Change } from '../feed/change.ts';
import { textFrame } from './frame.ts';

/** What is to be sent, encoded once and shared by all its readers. */
export interface Message {
  /** First byte of its frame. */
  readonly first: number;
  readonly bytes: Buffer;
  /** The change it tells: a later change of the same property makes it worthless to a reader that lags. */
  readonly change?: Change;
}

/** The end of a message, where readers differ: short, and encoded once for each subscription. */
export type Tail = Buffer;

/** Nothing to add. */
export const noTail: Tail = Buffer.alloc(0);

/** A text message. */
export function textMessage(text: string, change?: Change): Message {
  const bytes = Buffer.from(text);
  return change ? { first: textFrame, bytes, change } : { first: textFrame, bytes };
}

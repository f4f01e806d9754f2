import { type Logger, silentLogger } from '@thingtalk/core';

/** How one subject, as a Thing or a document, should fare: what is known of it after each step. */
export interface Story {
  readonly subject: string;
  /** The numbers of the steps that are about it, in order. */
  readonly steps: readonly number[];
  /** What is known of it before the first of them, and after each. */
  readonly states: readonly string[];
}

/** What was found after a power loss. */
export interface Findings {
  /** By subject what is known of it. */
  readonly found: ReadonlyMap<string, string>;
  /** What the log says at level `error`. */
  readonly complaints: readonly string[];
}

/** A logger that keeps what is said at level `error`. */
export function complaining(): { readonly logger: Logger; readonly complaints: readonly string[] } {
  const complaints: string[] = [];
  const error: Logger['error'] = (fields, text) =>
    complaints.push(`${text} ${JSON.stringify(fields)}`);
  return { complaints, logger: { ...silentLogger, error } };
}

/** How a subject is followed through steps. */
export interface Following<Step> {
  readonly isAbout: (step: Step) => boolean;
  readonly take: (step: Step) => unknown;
  /** What is known of it now. */
  readonly state: () => unknown;
}

/** Tells the story of a subject. */
export function storyOf<Step>(
  subject: string,
  steps: readonly Step[],
  { isAbout, take, state }: Following<Step>,
): Story {
  const numbers: number[] = [];
  const states = [textOf(state())];
  for (const [n, step] of steps.entries()) {
    if (!isAbout(step)) continue;
    take(step);
    numbers.push(n);
    states.push(textOf(state()));
  }
  return { subject, steps: numbers, states };
}

/** What the program had said by a moment, as numbers of steps. */
export interface Heard {
  /** The last that was begun. */
  readonly asked: number;
  /** Those that were acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
}

/** Reads what was said: `ask 7` before a step, and `ack 7` after. */
export function heardIn(said: readonly string[]): Heard {
  const numbers = (word: string) =>
    said.filter((text) => text.startsWith(word)).map((text) => Number(text.slice(word.length)));
  return { asked: Math.max(-1, ...numbers('ask')), acknowledged: new Set(numbers('ack')) };
}

/**
 * Holds what was found of a subject against its story: it must be as it was after one of the steps that were begun, and not
 * before the last that was acknowledged. So all of that is there, once and in order, and nothing is there that never was.
 *
 * @returns what is wrong; `undefined` when nothing is.
 */
export function faultIn(
  { subject, steps, states }: Story,
  { asked, acknowledged }: Heard,
  found: string,
): string | undefined {
  const least = steps.findLastIndex((step) => acknowledged.has(step)) + 1;
  const most = steps.findLastIndex((step) => step <= asked) + 1;
  const at = states.lastIndexOf(found, most);
  if (at < 0) return `${subject} is as it never was: ${found.slice(0, 500)}`;
  if (at >= least) return undefined;
  return `${subject} is as before step ${steps[at]}, and step ${steps[least - 1]} was acknowledged`;
}

/** Two that are equal have the same text, whatever the order in which their members were set. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => {
    if (member instanceof Map) return [...member].sort(byName);
    const isObject = typeof member === 'object' && member !== null && !Array.isArray(member);
    return isObject ? Object.fromEntries(Object.entries(member).sort(byName)) : member;
  });

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

import { type Chain, readLine } from './chain.ts';
import type { Segments } from './segments.ts';

/** Where a chain ends: the number and the code of its last line. */
export interface ChainHead {
  readonly n: number;
  readonly mac: string;
}

/** Whether a log is as it was written. */
export interface AuditVerdict {
  /** How many lines were looked at, up to the first that is wrong. */
  readonly entries: number;
  /** Left out when nothing is. */
  readonly wrong?: {
    /** The number that the line should have. */
    readonly n: number;
    /** The file it should stand in; its path is nobody's business. */
    readonly file: string;
    readonly why: string;
  };
}

/**
 * Follows the chain from the oldest line that is kept to where it is known to end.
 *
 * @param chainOf by the number of a line.
 */
export async function verifySegments(
  segments: Segments,
  chainOf: (n: number) => Chain,
  head: ChainHead,
): Promise<AuditVerdict> {
  let last: ChainHead | undefined;
  let entries = 0;
  let file = '';
  for (const segment of segments.all) {
    file = segment.path.replace(/^.*[\\/]/, '');
    for (const line of await segments.read(segment)) {
      const read = readLine(line);
      const n = last === undefined ? segment.first : last.n + 1;
      const wrong = (why: string) => ({ entries, wrong: { n, file, why } });
      if (read === undefined) return wrong('the line cannot be read');
      if (read.entry.n !== n) return wrong(`the line has the number ${read.entry.n}`);
      if (!chainOf(n).isIntact(line, last?.mac ?? read.prev ?? '')) {
        return wrong('the line was changed, or one before it');
      }
      last = { n, mac: read.mac };
      entries++;
    }
  }
  if ((last?.n ?? 0) < head.n) {
    return { entries, wrong: { n: (last?.n ?? 0) + 1, file, why: 'the line is not there' } };
  }
  return { entries };
}

import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Logger } from '@thingtalk/core';
import { LogFrames, nothing, type Sums, sameSums } from './log-frames.ts';

/** What was found in a write-ahead log. */
export type LogFindings =
  | { readonly kind: 'sound' }
  /** Its last transaction is not whole: as a killed process leaves it, or a damaged disk. It ends with the one before. */
  | { readonly kind: 'cut'; readonly frames: number }
  /** Something between sound frames is not as it was written. */
  | {
      readonly kind: 'damaged';
      /** Frames that are as they were written again. */
      readonly mended: number;
      /** Frames in which more than one word is wrong. */
      readonly broken: number;
      /** Whether a power cut may have left it so, and nothing is missing that was acknowledged. */
      readonly mayBeCut: boolean;
      /** The log to go on with: broken frames are in it as they are, for the checks of pages and rows to judge. */
      readonly bytes: Buffer;
    };

/**
 * Looks for damage before SQLite does: that ends a log silently where a check fails, and what was committed after it is gone.
 *
 * Nobody may have the database open. What was found is kept beside it under a dated name, and said.
 *
 * @param now when this is, in milliseconds since 1970.
 */
export function mendLog(path: string, now: number, logger: Logger): void {
  const log = `${path}-wal`;
  if (!existsSync(log)) return;
  const found = inspectLog(readFileSync(log));
  if (found.kind === 'sound') return;
  const kept = keptName(log, now);
  copyFileSync(log, kept);
  if (found.kind === 'cut') {
    logger.warn(
      { log, kept, frames: found.frames },
      'the log of the database ends in a transaction that is not whole, as one that was never acknowledged does: it is left out, and a copy of the log was kept',
    );
    return;
  }
  writeFileSync(`${log}.mended`, found.bytes, { flush: true });
  renameSync(`${log}.mended`, log);
  const { mended, broken } = found;
  if (found.mayBeCut) {
    logger.warn(
      { log, kept, mended, broken },
      'the log of the database was not whole, as a power cut may leave it: it is mended, and a copy of it was kept',
    );
    return;
  }
  logger.error(
    { log, kept, mended, broken },
    'the log of the database was damaged: what could be mended is, and a copy of the damaged log was kept',
  );
}

/** The name under which a damaged file is kept. */
export const keptName = (path: string, now: number): string =>
  `${path}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;

/** Looks through a log, and mends in a copy of it what can be. */
export function inspectLog(bytes: Buffer): LogFindings {
  const log = new LogFrames(bytes);
  if (log.count === 0) return { kind: 'sound' };
  const tally = { mended: 0, broken: 0 };
  const found: number[] = [];
  let sums = nothing;
  let n = -1;
  for (; n < log.count; n++) {
    const state = n < 0 ? mendHeader(log) : mendFrame(log, n, sums);
    if (state.kind === 'strange') break;
    if (state.kind !== 'sound') {
      tally[state.kind] += 1;
      found.push(n);
    }
    sums = state.sums;
  }
  if (found.length > 0) {
    log.seal(n);
    const mayBeCut = isAtBeginning(found) || (tally.broken === 0 && isAtEnd(log, found));
    return { kind: 'damaged', ...tally, mayBeCut, bytes: log.bytes };
  }
  // What an older and longer log left has other salts.
  return n < log.count && log.commonSalts(n) > 0 ? { kind: 'cut', frames: n } : { kind: 'sound' };
}

/**
 * Whether the header alone is damaged, as when the power goes while a log is begun anew: what follows is the old one, and
 * all in the database. Without a sound header the first frame's check says nothing.
 */
const isAtBeginning = (damaged: readonly number[]) =>
  damaged[0] === -1 && damaged.every((n) => n <= 0);

/** Whether all that is damaged is in the last transaction, which need not have been on disk. */
const isAtEnd = (log: LogFrames, [first = 0]: readonly number[]) =>
  !isFollowedByTransaction(log, first);

/** What became of a frame, and the sums that its successor was written with; `strange`: it may be none of this log. */
type FrameState =
  | { readonly kind: 'sound' | 'mended' | 'broken'; readonly sums: Sums }
  | { readonly kind: 'strange' };

/** All that matters in a header is known: constants, and the salts that each frame has too. */
function mendHeader(log: LogFrames): FrameState {
  const stored = log.storedSums(-1);
  if (log.isOurs && sameSums(log.sumsAfter(-1, nothing), stored)) {
    return { kind: 'sound', sums: stored };
  }
  log.renewHeader(0);
  const made = log.sumsAfter(-1, nothing);
  const written = [stored, made].find((sums) => isNext(log, 0, sums));
  if (written !== undefined) return { kind: 'mended', sums: written };
  if (log.count > 1) log.renewHeader(1);
  return isFollowedByTransaction(log, -1) ? { kind: 'broken', sums: stored } : { kind: 'strange' };
}

function mendFrame(log: LogFrames, n: number, before: Sums): FrameState {
  const sums = log.sumsAfter(n, before);
  const stored = log.storedSums(n);
  const salts = log.commonSalts(n);
  if (sameSums(sums, stored)) return { kind: salts === 2 ? 'sound' : 'mended', sums };
  // The check itself is wrong, when the next frame was written after what is here.
  if (isNext(log, n + 1, sums)) return { kind: 'mended', sums };
  const [wrong, ...others] = salts > 0 ? log.wrongWords(n, sums) : [];
  if (wrong !== undefined && others.length === 0) {
    log.right(wrong);
    return { kind: 'mended', sums: stored };
  }
  if (!isFollowedByTransaction(log, n)) return { kind: 'strange' };
  if (!isUsable(log, n)) log.replaceByNeighbour(n);
  return { kind: 'broken', sums: stored };
}

/** Whether frame `n` was written when the sums were these. */
function isNext(log: LogFrames, n: number, sums: Sums): boolean {
  return (
    n < log.count && log.commonSalts(n) === 2 && sameSums(log.sumsAfter(n, sums), log.storedSums(n))
  );
}

/**
 * Whether a transaction began after the one that frame `n` is of: then that one was on disk, whatever the frame is now.
 *
 * Otherwise it may never have been whole: a power cut leaves of the last transaction what it likes.
 */
function isFollowedByTransaction(log: LogFrames, n: number): boolean {
  let isOver = n >= 0 && isUsable(log, n) && log.isCommit(n);
  for (let later = n + 1; later < log.count; later++) {
    if (!isNext(log, later, log.storedSums(later - 1))) continue;
    if (isOver) return true;
    isOver = log.isCommit(later);
  }
  return false;
}

/** Whether it can be told of which page a frame is. */
const isUsable = (log: LogFrames, n: number) => log.commonSalts(n) === 2 && log.hasPage(n);

import type { Timer } from '@thingtalk/core';
import { type Audit, type AuditEntry, type Clock, type Logger, Turns } from '@thingtalk/core';
import type { KeptAuditEntry } from './audit-entry.ts';
import { type AuditQuery, auditPage, isWanted, textsIn } from './audit-query.ts';
import { type Chain, readLine } from './chain.ts';
import { chainsOf, type FormerChainKey } from './chain-keys.ts';
import { type Repeat, Repeats } from './repeats.ts';
import { Segments } from './segments.ts';
import { type AuditVerdict, type ChainHead, verifySegments } from './verify.ts';

/** How much of what happened is kept. */
export interface AuditLimits {
  /** Most entries in the files. Default 100,000. */
  readonly entries: number;
  /** Most bytes in the files. Default 32 MiB. */
  readonly bytes: number;
  /** Most entries that wait to be written; what comes beyond is lost, and counted. Default 5,000. */
  readonly waiting: number;
}

/** What an {@link AuditLog} works with. */
export interface AuditLogOptions {
  /** Where its files are; made when it is not there. No other process may use it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Without which nobody forges a line; `masterKey.derive('audit')`. */
  readonly chainKey: Uint8Array;
  /** The keys of earlier lines, oldest first. Default: there was never another. */
  readonly formerKeys?: readonly FormerChainKey[];
  readonly limits?: Partial<AuditLimits>;
}

/** A page of the log, newest first. */
export interface AuditPage {
  readonly entries: readonly KeptAuditEntry[];
  /** {@link AuditQuery.below} of the next page; left out when there is none. */
  readonly next?: number;
  /** How many entries have gone because there were too many. */
  readonly forgotten: number;
}

const usualLimits: AuditLimits = { entries: 100_000, bytes: 32 * 2 ** 20, waiting: 5_000 };
/** How long an entry waits for others to be written with it: as much may be lost when the process is killed. */
const gatherMs = 200;
const windowMs = 60_000;
const retryMs = 5_000;
/** Lines that are made and written in one go, so that a flood never keeps the gateway from its work. */
const batchSize = 250;

/**
 * The record of who did what, in files of its own: one line of JSON for each entry, joined by a {@link Chain}.
 *
 * It is not in the store of documents: a store keeps old versions even of what is deleted, so that nothing kept there can be
 * bounded; each write would wake everybody who follows the store; and what watches over the store must outlast it. Each gateway
 * keeps its own.
 *
 * An entry that repeats within a minute is counted ({@link Repeats}); the oldest entries go when there are too many.
 */
export class AuditLog implements Audit, AsyncDisposable {
  readonly #options: AuditLogOptions;
  readonly #limits: AuditLimits;
  readonly #segments: Segments;
  readonly #chainOf: (n: number) => Chain;
  readonly #repeats = new Repeats();
  readonly #turns = new Turns<'write'>();
  #waiting: Repeat[] = [];
  #head: ChainHead;
  #lost = 0;
  #isFailing = false;
  #isClosed = false;
  #window: Timer | undefined;
  #timer: Timer | undefined;

  private constructor(options: AuditLogOptions, segments: Segments, head: ChainHead) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#segments = segments;
    this.#chainOf = chainsOf(options.chainKey, options.formerKeys);
    this.#head = head;
  }

  /** Opens the log, and goes on where it ended. @throws what the disk says. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const segments = await Segments.open(options.directory, { ...usualLimits, ...options.limits });
    return new AuditLog(options, segments, await headOf(segments));
  }

  /** Number of the newest line; 0 when there was never one. */
  get last(): number {
    return this.#head.n;
  }

  record(entry: AuditEntry): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const time = clock.now();
    this.#window ??= clock.after(windowMs, () => this.#endWindow());
    const written = this.#repeats.take(entry, time);
    if (written !== undefined) this.#keep({ entry: written, count: 0, time });
  }

  /** Writes what waits, now. Never rejects: what cannot be written is tried again. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#turns.take('write', async () => {
      let isWritten = true;
      while (isWritten && (this.#waiting.length > 0 || this.#lost > 0)) {
        isWritten = await this.#writeSome();
      }
    });
  }

  /** What is in the log, newest first; what is counted at present comes when its minute is over. */
  async query(query: AuditQuery = {}): Promise<AuditPage> {
    await this.flush();
    const { below = Number.POSITIVE_INFINITY, limit = auditPage.usual } = query;
    const texts = textsIn(query);
    const forgotten = (this.#segments.all[0]?.first ?? 1) - 1;
    const entries: KeptAuditEntry[] = [];
    for (const segment of this.#segments.all.toReversed()) {
      if (segment.first >= below) continue;
      for (const line of (await this.#segments.read(segment)).toReversed()) {
        if (!texts.every((text) => line.includes(text))) continue;
        const entry = readLine(line)?.entry;
        if (entry === undefined || !isWanted(entry, query)) continue;
        const last = entries.at(-1);
        if (last !== undefined && entries.length >= limit) {
          return { entries, next: last.n, forgotten };
        }
        entries.push(entry);
      }
    }
    return { entries, forgotten };
  }

  /** Looks whether every line is as it was written. Lines cut off the end while nobody had the log open are not missed. */
  async verify(): Promise<AuditVerdict> {
    await this.flush();
    return this.#turns.take('write', () =>
      verifySegments(this.#segments, this.#chainOf, this.#head),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#endWindow();
    await this.flush();
    this.#timer?.cancel();
    await this.#segments[Symbol.asyncDispose]();
  }

  #endWindow(): void {
    this.#window?.cancel();
    this.#window = undefined;
    for (const repeat of this.#repeats.end()) this.#keep(repeat);
  }

  #keep(repeat: Repeat): void {
    if (this.#waiting.length < this.#limits.waiting) this.#waiting.push(repeat);
    else this.#lost++;
    this.#flushIn(gatherMs);
  }

  #flushIn(ms: number): void {
    this.#timer ??= this.#options.clock.after(ms, () => void this.flush());
  }

  /** Writes a batch; false when the disk will not have it. */
  async #writeSome(): Promise<boolean> {
    const batch = this.#waiting.slice(0, batchSize);
    const lost = batch.length < batchSize ? this.#lost : 0;
    const all = lost === 0 ? batch : [...batch, lostEntry(lost, this.#options.clock.now())];
    const { lines, head } = this.#linesOf(all);
    try {
      await this.#segments.append(lines, this.#head.n + 1);
    } catch (err) {
      if (!this.#isFailing) {
        this.#options.logger.error({ err }, 'the audit log cannot be written; it is tried again');
      }
      this.#isFailing = true;
      this.#flushIn(retryMs);
      return false;
    }
    this.#isFailing = false;
    this.#head = head;
    this.#waiting.splice(0, batch.length);
    this.#lost -= lost;
    return true;
  }

  #linesOf(repeats: readonly Repeat[]): { lines: string[]; head: ChainHead } {
    let { n, mac } = this.#head;
    const lines: string[] = [];
    for (const { entry, count, time } of repeats) {
      n++;
      const kept = { n, time, ...entry, ...(count > 0 && { count }) };
      const isFirst = lines.length === 0 && this.#segments.isAtStart;
      const made = this.#chainOf(n).line(kept, mac, isFirst);
      lines.push(made.line);
      mac = made.mac;
    }
    return { lines, head: { n, mac } };
  }
}

function lostEntry(count: number, time: number): Repeat {
  const why = 'more happened at once than can be written';
  const entry = { who: 'gateway', from: '', what: 'audit.lost', outcome: 'allowed', why } as const;
  return { entry, count, time };
}

/** Where the log ended in its last life. A line that cannot be read counts: a number is never given twice. */
async function headOf(segments: Segments): Promise<ChainHead> {
  const last = segments.all.at(-1);
  if (last === undefined) return { n: 0, mac: '' };
  const line = (await segments.read(last)).at(-1);
  const mac = line === undefined ? undefined : readLine(line)?.mac;
  return { n: last.first + last.entries - 1, mac: mac ?? '' };
}

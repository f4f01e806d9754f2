import { createHmac } from 'node:crypto';
import type { KeptAuditEntry } from './audit-entry.ts';

/** Hex digits of a line's code: 128 bits. */
const macLength = 32;
const macMember = /,"mac":"([0-9a-f]{32})"\}$/;

/** A line of the log, taken apart. */
export interface ChainLine {
  readonly entry: KeptAuditEntry;
  readonly mac: string;
  /** The code before the first line of a file; left out in other lines. */
  readonly prev?: string;
}

/**
 * Joins the lines of the log: each carries a code (HMAC-SHA-256) of itself and of the code before it, so that no line can be changed,
 * put in or taken out without all later codes being wrong. Whoever has the file and not the key cannot make them right.
 */
export class Chain {
  readonly #key: Uint8Array;

  /** @param key without which no line can be forged; derived from the master key. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * A line, without its break.
   *
   * @param prev the code of the line before; empty for the very first.
   * @param isFirst of a file: the code before it is then written down, for what came before may go.
   */
  line(entry: KeptAuditEntry, prev: string, isFirst: boolean): { line: string; mac: string } {
    const body = JSON.stringify(isFirst ? { ...entry, prev } : entry);
    const mac = this.#mac(prev, body);
    return { line: `${body.slice(0, -1)},"mac":"${mac}"}`, mac };
  }

  /** Whether a line follows the code before it. */
  isIntact(line: string, prev: string): boolean {
    const found = macMember.exec(line);
    return found !== null && found[1] === this.#mac(prev, `${line.slice(0, found.index)}}`);
  }

  #mac(prev: string, body: string): string {
    return createHmac('sha256', this.#key)
      .update(`${prev}\n${body}`)
      .digest('hex')
      .slice(0, macLength);
  }
}

/** Reads a line; `undefined` when it is none. */
export function readLine(line: string): ChainLine | undefined {
  try {
    const { mac, prev, ...entry } = JSON.parse(line) as KeptAuditEntry & ChainLine;
    const { n, time, who, from, what } = entry;
    const isEntry =
      [n, time].every(Number.isSafeInteger) &&
      [mac, who, from, what].every((text) => typeof text === 'string');
    return isEntry ? { entry, mac, ...(prev !== undefined && { prev }) } : undefined;
  } catch {
    return undefined;
  }
}

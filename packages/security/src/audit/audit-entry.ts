import type { AuditEntry } from '@thingtalk/core';

/** An entry as it is kept. */
export interface KeptAuditEntry extends AuditEntry {
  /** Counts the entries from 1; none is left out. */
  readonly n: number;
  /** When it happened, in milliseconds since 1970; the last time, where it stands for several. */
  readonly time: number;
  /** How often the same happened again after the entry that was written first; left out for that one. */
  readonly count?: number;
}

/** Longest texts that are kept, in characters. */
const longest = { who: 128, from: 64, what: 64, on: 512, why: 512 } as const;

const ownSecret = /tt_[a-z]+_\w{4,}/g;
const header = /\b(bearer|basic)\s+(?=\S{16})\S+/gi;
const parameter = /([?&][^=&\s]{1,64}=)[^&\s]+/g;

/**
 * An entry as it may be kept: every text as long as it may be, and without what looks like a secret.
 *
 * Nobody should record a secret; should somebody do so all the same, it is not kept for years.
 */
export function cleanEntry({ who, from, what, on, outcome, why }: AuditEntry): AuditEntry {
  return {
    who: clean(who, longest.who),
    from: clean(from, longest.from),
    what: clean(what, longest.what),
    ...(on !== undefined && { on: clean(on, longest.on) }),
    outcome,
    ...(why !== undefined && { why: clean(why, longest.why) }),
  };
}

function clean(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length - 1)}…` : text;
  return cut
    .replace(ownSecret, '[secret]')
    .replace(header, '$1 [secret]')
    .replace(parameter, '$1[secret]');
}

/** Something that somebody did, or was refused. */
export interface AuditEntry {
  /** Id of the principal; `anonymous` where nobody was recognised. */
  readonly who: string;
  /** The address they came from; empty for the gateway itself. */
  readonly from: string;
  /** What they wanted, as `login`, `writeproperty`, `grant.create`. */
  readonly what: string;
  /** What it was about: a Thing and affordance, a person, a topic. */
  readonly on?: string;
  readonly outcome: 'allowed' | 'denied';
  /** Why it was denied, or what came of it. Never holds a secret. */
  readonly why?: string;
}

/** Where it is written down who did what. */
export interface Audit {
  /** Writes an entry down; never waits and never throws. */
  record(entry: AuditEntry): void;
}

/** Writes nothing down: a demo without security. */
export const noAudit: Audit = { record: () => {} };

import { type Clock, Problem, type Store, type Visit } from '@thingtalk/core';
import { HeldDocuments } from '../documents/held-documents.ts';
import { badCredentials } from './bearer.ts';
import { cookieOf, setCookie } from './cookies.ts';
import type { Authenticator, Identity } from './identity.ts';
import type { Principals } from './people.ts';
import { isLoopback } from './rate-limits.ts';
import type { Revocations } from './revocations.ts';
import { refuseOtherOrigins } from './same-origin.ts';
import { makeSecret, readSecret, sameHash } from './secret-text.ts';

/** How long a session lasts, in milliseconds. */
export interface SessionLife {
  /** Without a request. Default: 12 hours. */
  readonly idleMs: number;
  /** In all. Default: 30 days. */
  readonly wholeMs: number;
  /** After which its secret is another. Default: one hour. */
  readonly rotateMs: number;
}

const defaultLife: SessionLife = {
  idleMs: 12 * 3_600_000,
  wholeMs: 30 * 86_400_000,
  rotateMs: 3_600_000,
};

/** How long the secret before is still taken: for requests under way when the new one came. */
const overlapMs = 30_000;

interface SessionDocument {
  /** `session_...` */
  readonly id: string;
  readonly principal: string;
  /** SHA-256 of the secret. */
  readonly hash: string;
  readonly rotated: number;
  /** The secret before. */
  readonly before?: string;
  readonly created: number;
  /** The whole's end. */
  readonly expires: number;
  readonly seen: number;
}

/** A session, and the `Set-Cookie` header that gives it to a browser. */
export interface OpenedSession {
  readonly identity: Identity;
  readonly cookie: string;
}

/** What {@link Sessions} are made of. */
export interface SessionsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly principals: Principals;
  readonly revocations: Revocations;
  readonly life?: Partial<SessionLife>;
}

/** Where a request with a cookie comes from. */
export type CookieVisit = Pick<Visit, 'method' | 'headers' | 'isSecure' | 'address'>;

const mostPerPrincipal = 50;

/**
 * What pages are logged in by: a cookie that no script can read and no other site sends. Sessions are kept in the collection `sessions`,
 * so that a restart logs nobody out.
 *
 * The cookie is `__Host-thingtalk`, over TLS. Browsers take no `__Host-` cookie without TLS, so on the gateway's own machine, before it
 * has a certificate, it is `thingtalk-local`; that one is taken from loopback addresses only.
 */
export class Sessions implements Authenticator, Disposable {
  readonly #documents: HeldDocuments<SessionDocument>;
  readonly #options: SessionsOptions;
  readonly #life: SessionLife;
  readonly #identities = new Map<string, Identity>();
  readonly #seen = new Map<string, number>();

  private constructor(documents: HeldDocuments<SessionDocument>, options: SessionsOptions) {
    this.#documents = documents;
    this.#options = options;
    this.#life = { ...defaultLife, ...options.life };
    documents.onChange((id, now) => this.#follow(id, now));
  }

  static async open(options: SessionsOptions): Promise<Sessions> {
    return new Sessions(
      await HeldDocuments.open<SessionDocument>(options.store, 'sessions'),
      options,
    );
  }

  authenticate(visit: CookieVisit): Identity | undefined {
    if (visit.headers.cookie === undefined) return undefined;
    const session = this.#find(visit);
    // A cookie that is over is as good as none: the page that sends it asks to log in.
    if (session === undefined) return undefined;
    refuseOtherOrigins(visit);
    const now = this.#options.clock.now();
    this.#touch(session, now);
    const known = this.#identities.get(session.id);
    const principal = this.#options.principals.principal(session.principal);
    return known?.principal === principal ? known : this.#identify(session);
  }

  /** Refuses to log in where a cookie would go over a network in the clear. @throws {@link Problem} `forbidden`. */
  refuseInTheClear(visit: Pick<Visit, 'isSecure' | 'address'>): void {
    if (cookieName(visit) === undefined) {
      throw new Problem('forbidden', 'pages log in over HTTPS only');
    }
  }

  /**
   * Logs somebody in.
   *
   * @throws {@link Problem} `forbidden` without TLS from elsewhere.
   */
  async start(
    principal: string,
    visit: CookieVisit,
    expires = Number.POSITIVE_INFINITY,
  ): Promise<OpenedSession> {
    this.refuseInTheClear(visit);
    await this.#makeRoom(principal);
    const now = this.#options.clock.now();
    const secret = makeSecret('session');
    const session: SessionDocument = {
      id: `session_${secret.id}`,
      principal,
      hash: secret.hash,
      rotated: now,
      created: now,
      expires: Math.min(expires, now + this.#life.wholeMs),
      seen: now,
    };
    await this.#documents.put(session.id, session, { author: principal });
    return { identity: this.#identify(session), cookie: this.#cookie(visit, secret.text, session) };
  }

  /** Gives a session whose secret is old another; `undefined` when it is young, or there is none. What is open by it stays open. */
  async rotate(visit: CookieVisit): Promise<string | undefined> {
    const session = this.#find(visit);
    const now = this.#options.clock.now();
    if (session === undefined || now - session.rotated < this.#life.rotateMs) return undefined;
    const secret = makeSecret('session', session.id.slice('session_'.length));
    const next = { ...session, hash: secret.hash, before: session.hash, rotated: now, seen: now };
    try {
      await this.#documents.put(session.id, next, { author: session.principal, ifVersion: 'held' });
    } catch (cause) {
      // Another request of the page has just got it another.
      if (cause instanceof Problem && cause.name === 'precondition-failed') return undefined;
      throw cause;
    }
    return this.#cookie(visit, secret.text, next);
  }

  /** Logs a session out. Returns the `Set-Cookie` header that makes the browser forget it. */
  async end(visit: CookieVisit): Promise<string> {
    const session = this.#find(visit);
    if (session !== undefined) await this.#remove(session.id);
    const name = cookieName(visit) ?? secureName;
    return setCookie({ name, value: '', maxAge: 0, isSecure: visit.isSecure });
  }

  /** Logs somebody out everywhere but here. */
  async endAll(principal: string, except?: string): Promise<void> {
    for (const session of this.#of(principal)) {
      if (session.id !== except) await this.#remove(session.id);
    }
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }

  #find(visit: CookieVisit): SessionDocument | undefined {
    const name = cookieName(visit);
    const text = name === undefined ? undefined : cookieOf(visit, name);
    const read = text === undefined ? undefined : readSecret('session', text);
    const session = read && this.#documents.get(`session_${read.id}`);
    if (read === undefined || session === undefined || !this.#isAlive(session)) return undefined;
    const now = this.#options.clock.now();
    const isBefore =
      session.before !== undefined &&
      now - session.rotated < overlapMs &&
      sameHash(session.before, read.hash);
    return isBefore || sameHash(session.hash, read.hash) ? session : undefined;
  }

  #isAlive({ id, principal, expires, seen }: SessionDocument): boolean {
    const now = this.#options.clock.now();
    const last = Math.max(seen, this.#seen.get(id) ?? 0);
    return (
      now < expires &&
      now - last < this.#life.idleMs &&
      this.#options.principals.principal(principal) !== undefined
    );
  }

  /** Notes that a session is in use; on disk only now and then, for a restart. */
  #touch(session: SessionDocument, now: number): void {
    this.#seen.set(session.id, now);
    if (now - session.seen < this.#life.idleMs / 12) return;
    const used = { ...session, seen: now };
    void this.#documents
      .put(session.id, used, { author: 'security', ifVersion: 'held' })
      .catch(() => {});
  }

  #identify({ id, principal: principalId, expires }: SessionDocument): Identity {
    const principal = this.#options.principals.principal(principalId);
    if (principal === undefined) throw badCredentials('a session of somebody who is kept out');
    const identity: Identity = { principal, credential: id, expires };
    this.#identities.set(id, identity);
    return identity;
  }

  #cookie(visit: CookieVisit, value: string, { expires }: SessionDocument): string {
    const maxAge = Math.ceil((expires - this.#options.clock.now()) / 1_000);
    const name = cookieName(visit) ?? secureName;
    return setCookie({ name, value, maxAge, isSecure: visit.isSecure });
  }

  #of(principal: string): readonly SessionDocument[] {
    return [...this.#documents.values()].filter((session) => session.principal === principal);
  }

  /** Takes away the sessions that are over, and the oldest of somebody who has too many. */
  async #makeRoom(principal: string): Promise<void> {
    const over = [...this.#documents.values()].filter((session) => !this.#isAlive(session));
    const own = this.#of(principal).filter((session) => this.#isAlive(session));
    const oldest = own.sort((a, b) => a.created - b.created).slice(0, -(mostPerPrincipal - 1));
    const surplus = own.length < mostPerPrincipal ? [] : oldest;
    for (const { id } of [...over, ...surplus]) await this.#remove(id);
  }

  async #remove(id: string): Promise<void> {
    if (this.#documents.get(id) !== undefined)
      await this.#documents.delete(id, { author: 'security' });
  }

  #follow(id: string, now: SessionDocument | undefined): void {
    if (now !== undefined) return;
    this.#identities.delete(id);
    this.#seen.delete(id);
    this.#options.revocations.revoke(id, badCredentials('a session that was logged out'));
  }
}

const secureName = '__Host-thingtalk';
const localName = 'thingtalk-local';

/** Name of the cookie of whoever comes from there; `undefined` where none is given, or taken. */
export function cookieName({
  isSecure,
  address,
}: Pick<Visit, 'isSecure' | 'address'>): string | undefined {
  if (isSecure) return secureName;
  return isLoopback(address) ? localName : undefined;
}

import { type Clock, Problem, type Right, type Store, type Visit } from '@thingtalk/core';
import { HeldDocuments } from '../../documents/held-documents.ts';
import { badCredentials, bearerOf } from '../bearer.ts';
import type { Authenticator, Identity } from '../identity.ts';
import type { Principals } from '../people.ts';
import type { Revocations } from '../revocations.ts';
import { isOfKind, makeSecret, readSecret, sameHash } from '../secret-text.ts';
import type { Apps } from './apps.ts';

/** How long an access token is good, in milliseconds. */
export const accessTokenLifeMs = 10 * 60_000;
/** How long an app may wait until it asks for the next, in milliseconds. */
const refreshLifeMs = 30 * 86_400_000;

/** How many of the refresh tokens that were used are remembered. */
const usedKept = 16;
const mostAccessTokens = 50_000;

/** What somebody has allowed an app: the family of its tokens. */
export interface AllowedApp {
  /** `consent_...` */
  readonly id: string;
  readonly app: string;
  readonly rights: readonly Right[];
  /** In milliseconds since 1970. */
  readonly created: number;
  /** When it is over unless the app asks for its next token before. */
  readonly expires: number;
}

interface Consent extends AllowedApp {
  readonly principal: string;
  /** Of the refresh token that is good now. */
  readonly hash: string;
  /** Of those before it, newest first. */
  readonly used: readonly string[];
}

/** A pair of tokens as an app gets it. */
export interface TokenPair {
  readonly access: string;
  readonly refresh: string;
  readonly expiresInSeconds: number;
  readonly rights: readonly Right[];
  /** The family they are of. */
  readonly consent: string;
}

/** A family that ended because one of its tokens was used twice. */
export interface EndedConsent {
  /** Whose it was. */
  readonly stolenFrom: string;
}

/** What {@link AppTokens} are made of. */
export interface AppTokensOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly principals: Principals;
  readonly revocations: Revocations;
  readonly apps: Apps;
}

/**
 * The tokens of apps. Access tokens are good for ten minutes and live in memory; refresh tokens are good once, and live as hashes in
 * the collection `consents`. One that comes twice was stolen from somebody: the family ends then, for the thief and for the app.
 */
export class AppTokens implements Authenticator, Disposable {
  readonly #documents: HeldDocuments<Consent>;
  readonly #options: AppTokensOptions;
  /** By hash, oldest first: all live equally long. */
  readonly #access = new Map<string, Identity>();

  private constructor(documents: HeldDocuments<Consent>, options: AppTokensOptions) {
    this.#documents = documents;
    this.#options = options;
    documents.onChange((id, now) => {
      if (now === undefined) this.#end(id);
    });
    options.apps.onRemoved((app) => {
      for (const consent of this.#documents.values()) {
        if (consent.app === app) void this.revoke(consent.id).catch(() => {});
      }
    });
  }

  static async open(options: AppTokensOptions): Promise<AppTokens> {
    return new AppTokens(await HeldDocuments.open<Consent>(options.store, 'consents'), options);
  }

  authenticate(visit: Visit): Identity | undefined {
    const text = bearerOf(visit);
    if (text === undefined || !isOfKind('access', text)) return undefined;
    const hash = readSecret('access', text)?.hash;
    const identity = hash === undefined ? undefined : this.#access.get(hash);
    if (identity === undefined || (identity.expires ?? 0) <= this.#options.clock.now()) {
      throw badCredentials('an access token that is unknown, over or was revoked');
    }
    const { principal } = identity;
    if (this.#options.principals.principal(principal.id) !== principal) {
      throw badCredentials('an access token of somebody who is kept out');
    }
    return identity;
  }

  /** Begins a family, for what somebody has just allowed an app. */
  async begin(
    allowed: Pick<Consent, 'app' | 'principal' | 'rights'>,
  ): Promise<TokenPair | undefined> {
    const refresh = makeSecret('refresh');
    const now = this.#options.clock.now();
    const consent: Consent = {
      ...allowed,
      id: `consent_${refresh.id}`,
      hash: refresh.hash,
      used: [],
      created: now,
      expires: now + refreshLifeMs,
    };
    return this.#write(consent, refresh.text, 0);
  }

  /** Takes a refresh token of an app for the next pair; `undefined` when it is no good, what has ended when it was used before. */
  async refresh(app: string, text: string): Promise<TokenPair | EndedConsent | undefined> {
    const read = readSecret('refresh', text);
    const consent = read && this.#documents.get(`consent_${read.id}`);
    if (read === undefined || consent === undefined || consent.app !== app) return undefined;
    const now = this.#options.clock.now();
    if (consent.used.some((hash) => sameHash(hash, read.hash))) {
      return this.#endStolen(consent);
    }
    if (!sameHash(consent.hash, read.hash) || consent.expires <= now) return undefined;
    const next = makeSecret('refresh', read.id);
    const used = [consent.hash, ...consent.used].slice(0, usedKept);
    const renewed = { ...consent, hash: next.hash, used, expires: now + refreshLifeMs };
    try {
      return await this.#write(renewed, next.text, 'held');
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.name !== 'precondition-failed') throw cause;
      // Two came at once with one token: it was used twice.
      return this.#endStolen(consent);
    }
  }

  /** What somebody has allowed apps; their secrets stay here. */
  list(principal: string): readonly AllowedApp[] {
    return [...this.#documents.values()]
      .filter((consent) => consent.principal === principal)
      .map(({ id, app, rights, created, expires }) => ({ id, app, rights, created, expires }));
  }

  /** Ends a family: its tokens, and what is open by them. */
  async revoke(id: string): Promise<void> {
    if (this.#documents.get(id) !== undefined)
      await this.#documents.delete(id, { author: 'security' });
  }

  /** Ends the family that a token is of; nothing when there is none. */
  async revokeText(text: string): Promise<void> {
    const refresh = readSecret('refresh', text);
    const access = readSecret('access', text);
    const id = refresh
      ? `consent_${refresh.id}`
      : access && this.#access.get(access.hash)?.credential;
    const consent = id === undefined ? undefined : this.#documents.get(id);
    if (consent === undefined) return;
    const isKnown = !refresh || [consent.hash, ...consent.used].includes(refresh.hash);
    if (isKnown) await this.revoke(consent.id);
  }

  /** Ends all that somebody has allowed, who is no more. */
  async revokeAll(principal: string): Promise<void> {
    for (const { id } of this.list(principal)) await this.revoke(id);
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }

  async #write(
    consent: Consent,
    refresh: string,
    ifVersion: 0 | 'held',
  ): Promise<TokenPair | undefined> {
    const principal = this.#options.principals.principal(consent.principal);
    if (principal === undefined) return undefined;
    await this.#documents.put(consent.id, consent, { author: consent.app, ifVersion });
    const now = this.#options.clock.now();
    const { text, hash } = makeSecret('access');
    this.#makeRoom(now);
    this.#access.set(hash, {
      principal,
      credential: consent.id,
      expires: now + accessTokenLifeMs,
      scopes: [{ rights: consent.rights }],
    });
    return {
      access: text,
      refresh,
      expiresInSeconds: accessTokenLifeMs / 1_000,
      rights: consent.rights,
      consent: consent.id,
    };
  }

  async #endStolen({ id, principal }: Consent): Promise<EndedConsent> {
    await this.revoke(id);
    return { stolenFrom: principal };
  }

  #makeRoom(now: number): void {
    for (const [hash, { expires = 0 }] of this.#access) {
      if (expires > now && this.#access.size < mostAccessTokens) return;
      this.#access.delete(hash);
    }
  }

  #end(id: string): void {
    for (const [hash, { credential }] of this.#access) {
      if (credential === id) this.#access.delete(hash);
    }
    this.#options.revocations.revoke(id, badCredentials('what an app was allowed was taken back'));
  }
}

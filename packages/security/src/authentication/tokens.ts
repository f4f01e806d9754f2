import { type Clock, Problem, type Store, type Visit } from '@thingtalk/core';
import { HeldDocuments } from '../documents/held-documents.ts';
import { badCredentials, bearerOf } from './bearer.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Authenticator, Identity, Scope } from './identity.ts';
import type { MqttAuthenticator, MqttVisit } from './mqtt-visit.ts';
import type { Principals } from './people.ts';
import type { Revocations } from './revocations.ts';
import { isOfKind, makeSecret, readSecret, sameHash } from './secret-text.ts';

/** A token by which a program acts for somebody. */
export interface Token {
  /** `pat_...`: what it is listed and revoked by, and the beginning of the MQTT client ids that are its own. */
  readonly id: string;
  /** Whom it acts for. */
  readonly principal: string;
  /** What it is for, in words. */
  readonly name: string;
  /** What it is narrowed to. Default: all that its principal may do. */
  readonly scopes?: readonly Scope[];
  /** In milliseconds since 1970, as all times here. */
  readonly created: number;
  readonly expires: number;
  /** The one other MQTT client id that is its own. */
  readonly clientId?: string;
}

interface TokenDocument extends Token {
  /** SHA-256 of its text. */
  readonly hash: string;
}

/** What is needed to make a token. */
export interface NewToken {
  readonly principal: string;
  readonly name: string;
  /** When it is over; at most a year from now. */
  readonly expires: number;
  readonly scopes?: readonly Scope[];
  readonly clientId?: string;
}

/** What {@link Tokens} are made of. */
export interface TokensOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly principals: Principals;
  readonly revocations: Revocations;
}

/** Longest life of a token, in milliseconds: 366 days. */
export const longestTokenLifeMs = 366 * 86_400_000;

const mostPerPrincipal = 100;
/** How long a token that expired is still listed. */
const listedAfterMs = 30 * 86_400_000;
const cacheSize = 10_000;

/** A client id that a client may make up: printable, not endless, and none that looks like that of a device or a token. */
const madeUp = /^(?!(?:device|pat)(?:[^a-z0-9]|$))[!-~]{1,128}$/i;

/**
 * API tokens, `tt_pat_...`: shown once when they are made, kept as hashes, in the collection `tokens`.
 *
 * A token that was seen before is found by its header's text, without hashing.
 */
export class Tokens implements Authenticator, MqttAuthenticator, Disposable {
  readonly #documents: HeldDocuments<TokenDocument>;
  readonly #options: TokensOptions;
  readonly #seen = new BoundedMap<string, Identity>(cacheSize);
  readonly #used = new Map<string, number>();

  private constructor(documents: HeldDocuments<TokenDocument>, options: TokensOptions) {
    this.#documents = documents;
    this.#options = options;
    documents.onChange((id, now) => this.#follow(id, now));
  }

  static async open(options: TokensOptions): Promise<Tokens> {
    return new Tokens(await HeldDocuments.open<TokenDocument>(options.store, 'tokens'), options);
  }

  authenticate(visit: Visit): Identity | undefined {
    const header = visit.headers.authorization;
    if (typeof header !== 'string') return undefined;
    const seen = this.#seen.get(header);
    if (seen !== undefined && this.#isGood(seen)) return this.#use(seen);
    const text = bearerOf(visit);
    if (text === undefined || !isOfKind('pat', text)) return undefined;
    const identity = this.#identify(text);
    this.#seen.set(header, identity);
    return this.#use(identity);
  }

  /** A client that made its client id up comes in as well, with a session that ends when it leaves. */
  authenticateMqtt({ username, password, clientId, isClean }: MqttVisit): Identity | undefined {
    if (!isOfKind('pat', password)) return undefined;
    const identity = this.#identify(password);
    const { credential, principal } = identity;
    if (username !== '' && ![principal.id, principal.name, credential].includes(username)) {
      throw badCredentials(`the token is not of '${username.slice(0, 64)}'`);
    }
    if (!this.#isOwn(credential, clientId) && !(isClean && this.#isNobodys(clientId))) {
      const what = isClean ? 'is' : 'is, for a session that lasts,';
      throw badCredentials(
        `the client id '${clientId.slice(0, 64)}' ${what} not of this token: '${credential}' is, alone or with '-' and more`,
      );
    }
    return this.#use(identity);
  }

  /**
   * Makes a token.
   *
   * @returns it, and its text, which nobody can read again.
   * @throws {@link Problem} `unprocessable` when it would live longer than a year, or not at all; `conflict` when there are too many.
   */
  async create(wanted: NewToken, author: string): Promise<{ token: Token; text: string }> {
    const now = this.#options.clock.now();
    const life = wanted.expires - now;
    if (!(life > 0 && life <= longestTokenLifeMs)) {
      throw new Problem('unprocessable', 'a token expires within a year from now');
    }
    this.#sweep(now);
    if (this.list(wanted.principal).length >= mostPerPrincipal) {
      throw new Problem('conflict', `there are ${mostPerPrincipal} tokens already: revoke some`);
    }
    const secret = makeSecret('pat');
    const token: Token = { id: `pat_${secret.id}`, created: now, ...wanted };
    await this.#documents.put(token.id, { ...token, hash: secret.hash }, { author });
    return { token, text: secret.text };
  }

  /** The tokens of a principal, or all. */
  list(principal?: string): readonly Token[] {
    return [...this.#documents.values()]
      .filter((token) => principal === undefined || token.principal === principal)
      .map(shown);
  }

  /** @throws {@link Problem} `not-found`. */
  get(id: string): Token {
    const token = this.#documents.get(id);
    if (token === undefined) throw new Problem('not-found', `there is no token '${id}'`);
    return shown(token);
  }

  /** When a token was last used since this gateway started, in milliseconds since 1970. */
  lastUsed(id: string): number | undefined {
    return this.#used.get(id);
  }

  /** Ends a token and what is open by it. @throws {@link Problem} `not-found`. */
  async revoke(id: string, author: string): Promise<void> {
    await this.#documents.delete(this.get(id).id, { author });
  }

  /** Ends all tokens of somebody who is no more. */
  async revokeAll(principal: string, author: string): Promise<void> {
    for (const { id } of this.list(principal)) await this.revoke(id, author);
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }

  #identify(text: string): Identity {
    const read = readSecret('pat', text);
    if (read === undefined) throw badCredentials('an API token that was mistyped or cut off');
    const token = this.#documents.get(`pat_${read.id}`);
    if (token === undefined || !sameHash(token.hash, read.hash)) {
      throw badCredentials('an API token that is unknown or was revoked');
    }
    const principal = this.#options.principals.principal(token.principal);
    if (principal === undefined) throw badCredentials('an API token of somebody who is kept out');
    if (token.expires <= this.#options.clock.now())
      throw badCredentials('an API token that has expired');
    const { id: credential, expires, scopes } = token;
    return { principal, credential, expires, ...(scopes !== undefined && { scopes }) };
  }

  #isOwn(credential: string, clientId: string): boolean {
    if (clientId === '' || clientId === credential) return true;
    if (clientId.startsWith(`${credential}-`)) return true;
    return clientId === this.#documents.get(credential)?.clientId;
  }

  #isNobodys(clientId: string): boolean {
    if (!madeUp.test(clientId)) return false;
    return ![...this.#documents.values()].some((token) => token.clientId === clientId);
  }

  #isGood({ principal, expires = 0 }: Identity): boolean {
    const { clock, principals } = this.#options;
    return expires > clock.now() && principals.principal(principal.id) === principal;
  }

  #use(identity: Identity): Identity {
    this.#used.set(identity.credential, this.#options.clock.now());
    return identity;
  }

  #follow(id: string, now: TokenDocument | undefined): void {
    this.#seen.clear();
    if (now !== undefined) return;
    this.#used.delete(id);
    this.#options.revocations.revoke(id, badCredentials('an API token that was revoked'));
  }

  /** Takes away what expired long ago, so that the list stays short. */
  #sweep(now: number): void {
    for (const { id, expires } of this.#documents.values()) {
      if (expires + listedAfterMs < now) {
        void this.#documents.delete(id, { author: 'security' }).catch(() => {});
      }
    }
  }
}

function shown({ hash: _, ...token }: TokenDocument): Token {
  return token;
}

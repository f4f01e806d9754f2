import { type Clock, type Principal, Problem, type Store, type Visit } from '@thingtalk/core';
import { HeldDocuments } from '../documents/held-documents.ts';
import { badCredentials, bearerOf } from './bearer.ts';
import type { Authenticator, Identity } from './identity.ts';
import type { Principals } from './people.ts';
import type { Revocations } from './revocations.ts';
import { isOfKind, makeSecret, readSecret, sameHash } from './secret-text.ts';
import { longestTokenLifeMs } from './tokens.ts';

/** A link that lets a guest in without a password. What the guest may do is granted to {@link GuestLink.id} as to anybody. */
export interface GuestLink {
  /** `guest_...`: the principal that whoever holds the link is. */
  readonly id: string;
  /** For people to read: `Kitchen until Sunday`. */
  readonly name: string;
  /** In milliseconds since 1970, as all times here. */
  readonly created: number;
  readonly expires: number;
}

interface GuestLinkDocument extends GuestLink {
  /** SHA-256 of its secret. */
  readonly hash: string;
}

/** What {@link GuestLinks} are made of. */
export interface GuestLinksOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly revocations: Revocations;
}

const mostLinks = 1_000;

/** The guest links, in the collection `guests`. Their secret `tt_guest_...` is a bearer token, or is exchanged for a session by a page. */
export class GuestLinks implements Authenticator, Principals, Disposable {
  readonly #documents: HeldDocuments<GuestLinkDocument>;
  readonly #identities = new Map<string, Identity>();
  readonly #clock: Clock;

  private constructor(
    documents: HeldDocuments<GuestLinkDocument>,
    { clock, revocations }: GuestLinksOptions,
  ) {
    this.#documents = documents;
    this.#clock = clock;
    for (const link of documents.values()) this.#learn(link);
    documents.onChange((id, now) => {
      if (now !== undefined) return this.#learn(now);
      this.#identities.delete(id);
      revocations.revoke(id, badCredentials('a guest link that was revoked'));
    });
  }

  static async open(options: GuestLinksOptions): Promise<GuestLinks> {
    return new GuestLinks(
      await HeldDocuments.open<GuestLinkDocument>(options.store, 'guests'),
      options,
    );
  }

  principal(id: string): Principal | undefined {
    const identity = this.#identities.get(id);
    return identity !== undefined && this.#isOver(identity) ? undefined : identity?.principal;
  }

  authenticate(visit: Visit): Identity | undefined {
    const text = bearerOf(visit);
    return text === undefined || !isOfKind('guest', text) ? undefined : this.identify(text);
  }

  /** Who holds a link's secret. @throws {@link Problem} `unauthenticated`. */
  identify(text: string): Identity {
    const read = readSecret('guest', text);
    if (read === undefined) throw badCredentials('a guest link that was mistyped or cut off');
    const link = this.#documents.get(`guest_${read.id}`);
    const identity = link && this.#identities.get(link.id);
    if (link === undefined || identity === undefined || !sameHash(link.hash, read.hash)) {
      throw badCredentials('a guest link that is unknown or was revoked');
    }
    if (this.#isOver(identity)) throw badCredentials('a guest link that has expired');
    return identity;
  }

  /**
   * Makes a link.
   *
   * @returns it, and its secret, which nobody can read again.
   * @throws {@link Problem} `unprocessable` when it would live longer than a year, or not at all; `conflict` when there are too many.
   */
  async create(
    { name, expires }: Pick<GuestLink, 'name' | 'expires'>,
    author: string,
  ): Promise<{ link: GuestLink; text: string }> {
    const created = this.#clock.now();
    if (!(expires > created && expires <= created + longestTokenLifeMs)) {
      throw new Problem('unprocessable', 'a guest link expires within a year from now');
    }
    if (this.#documents.size >= mostLinks) {
      throw new Problem('conflict', `there are ${mostLinks} guest links already: revoke some`);
    }
    const secret = makeSecret('guest');
    const link: GuestLink = { id: `guest_${secret.id}`, name, created, expires };
    await this.#documents.put(link.id, { ...link, hash: secret.hash }, { author });
    return { link, text: secret.text };
  }

  /** All of them, those that are over too. */
  list(): readonly GuestLink[] {
    return [...this.#documents.values()].map(({ hash: _, ...link }) => link);
  }

  /** Ends a link and what is open by it. @throws {@link Problem} `not-found`. */
  async revoke(id: string, author: string): Promise<void> {
    if (this.#documents.get(id) === undefined) {
      throw new Problem('not-found', `there is no guest link '${id}'`);
    }
    await this.#documents.delete(id, { author });
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }

  #learn({ id, name, expires }: GuestLinkDocument): void {
    this.#identities.set(id, { principal: { id, kind: 'guest', name }, credential: id, expires });
  }

  #isOver({ expires = 0 }: Identity): boolean {
    return expires <= this.#clock.now();
  }
}

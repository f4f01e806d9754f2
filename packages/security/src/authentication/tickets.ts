import { type Clock, Problem, type Visit } from '@thingtalk/core';
import { badCredentials } from './bearer.ts';
import type { Authenticator, Identity } from './identity.ts';
import type { Revocations } from './revocations.ts';
import { makeSecret, readSecret } from './secret-text.ts';

/** How long a ticket may be used, in milliseconds. */
export const ticketLifeMs = 30_000;

/** What a subprotocol that is a ticket begins with. */
export const ticketProtocol = 'tt_ticket_';

interface Issued {
  readonly identity: Identity;
  readonly expires: number;
  /** Stops following whether its owner is still good. */
  readonly release: () => void;
}

const mostTickets = 10_000;
const mostPerCredential = 32;

/**
 * What browsers open a WebSocket by, which can send no Authorization header: each opens one socket, within 30 seconds, for whoever got it.
 *
 * It comes as one of the subprotocols, `new WebSocket(url, ['webthingprotocol', ticket])`, which servers do not write into their logs,
 * or as `?ticket=` for clients that cannot name any.
 */
export class Tickets implements Authenticator {
  readonly #clock: Clock;
  readonly #revocations: Revocations;
  /** By the ticket's hash, oldest first: all live equally long. */
  readonly #issued = new Map<string, Issued>();
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock, revocations: Revocations) {
    this.#clock = clock;
    this.#revocations = revocations;
  }

  /**
   * Makes a ticket for whoever is identified.
   *
   * @throws {@link Problem} `too-many-requests` when too many of theirs, or of all, are unused.
   */
  issue(identity: Identity): { readonly ticket: string; readonly expires: number } {
    this.#forgetExpired();
    const count = this.#counts.get(identity.credential) ?? 0;
    if (count >= mostPerCredential || this.#issued.size >= mostTickets) {
      throw new Problem('too-many-requests', 'too many tickets are unused', {
        retryAfterSeconds: ticketLifeMs / 1_000,
      });
    }
    const { text, hash } = makeSecret('ticket');
    const expires = this.#clock.now() + ticketLifeMs;
    this.#issued.set(hash, { identity, expires, release: this.#follow(hash, identity) });
    this.#counts.set(identity.credential, count + 1);
    return { ticket: text, expires };
  }

  authenticate(visit: Visit): Identity | undefined {
    const text = ticketOf(visit);
    if (text === undefined) return undefined;
    if (visit.headers.upgrade === undefined) {
      throw badCredentials('a ticket, which opens WebSockets only');
    }
    const hash = readSecret('ticket', text)?.hash;
    const issued = hash === undefined ? undefined : this.#issued.get(hash);
    if (hash === undefined || issued === undefined) {
      throw badCredentials('a ticket that is unknown or was used already');
    }
    this.#forget(hash, issued);
    if (issued.expires <= this.#clock.now()) throw badCredentials('a ticket that has expired');
    return issued.identity;
  }

  /** A ticket goes when its owner's credential does. */
  #follow(hash: string, { credential, principal }: Identity): () => void {
    const drop = () => {
      const issued = this.#issued.get(hash);
      if (issued !== undefined) this.#forget(hash, issued);
    };
    const stops = [credential, principal.id].map((id) => this.#revocations.watch(id, drop));
    return () => {
      for (const stop of stops) stop();
    };
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    for (const [hash, issued] of this.#issued) {
      if (issued.expires > now) return;
      this.#forget(hash, issued);
    }
  }

  #forget(hash: string, { identity: { credential }, release }: Issued): void {
    this.#issued.delete(hash);
    release();
    const rest = (this.#counts.get(credential) ?? 1) - 1;
    if (rest === 0) this.#counts.delete(credential);
    else this.#counts.set(credential, rest);
  }
}

function ticketOf({ url, headers }: Visit): string | undefined {
  const protocols = headers['sec-websocket-protocol'];
  if (typeof protocols === 'string' && protocols.includes(ticketProtocol)) {
    return protocols
      .split(',')
      .map((name) => name.trim())
      .find((name) => name.startsWith(ticketProtocol));
  }
  const start = url.indexOf('?');
  if (start < 0 || !url.includes('ticket=', start)) return undefined;
  const tickets = new URLSearchParams(url.slice(start)).getAll('ticket');
  if (tickets.length > 1) throw new Problem('bad-request', 'more than one ticket');
  return tickets[0];
}

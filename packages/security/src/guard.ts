import {
  type Access,
  type Audit,
  type Clock,
  type Guard,
  Problem,
  type Visit,
} from '@thingtalk/core';
import { badCredentials, bearerOf, refuseTokensInUrl } from './authentication/bearer.ts';
import { BoundedMap } from './authentication/bounded-map.ts';
import type { Authenticator, Identity } from './authentication/identity.ts';
import type { MqttAuthenticator, MqttVisit } from './authentication/mqtt-visit.ts';
import { networkOf, TokenBuckets } from './authentication/rate-limits.ts';

/** Says what somebody who was recognised may do: the policy. */
export interface AccessSource {
  /** What may be done by a credential from where the visit comes. */
  accessOf(identity: Identity, visit: Pick<Visit, 'address'>): Access;
}

/** What a {@link SecurityGuard} asks. */
export interface SecurityGuardOptions {
  /** In the order they are asked; those for headers before those for cookies. */
  readonly authenticators: readonly Authenticator[];
  readonly mqtt?: readonly MqttAuthenticator[];
  readonly policy: AccessSource;
  readonly clock: Clock;
  readonly audit: Audit;
  /** Requests of one principal in a second; of one address, for those who show no credentials. Default: 1,000. */
  readonly requestsPerSecond?: number;
}

/** Somebody without credentials: grants may be given to this principal as to any. */
export const anonymousIdentity: Identity = {
  principal: { id: 'anonymous', kind: 'anonymous', name: 'anybody' },
  credential: 'anonymous',
};

/** From how many addresses the answers for one credential are remembered. */
const maxAddresses = 64;

/** Refusals of wrong credentials that are written down of one address in a minute: a flood of them is not kept whole. */
const refusalsPerMinute = 60;

/**
 * The guard of a secured gateway: it asks each authenticator who stands behind a visit, and the policy what they may do. Whoever
 * shows nothing is `anonymous`; whoever shows something that is no good is refused; a door may let them in all the same where anybody may come.
 */
export class SecurityGuard implements Guard {
  readonly #options: SecurityGuardOptions;
  readonly #requests: TokenBuckets;
  readonly #refusals: TokenBuckets;
  readonly #accesses = new WeakMap<Identity, BoundedMap<string, Access>>();
  readonly #identities = new WeakMap<Access, Identity>();

  constructor(options: SecurityGuardOptions) {
    this.#options = options;
    const { clock, requestsPerSecond = 1_000 } = options;
    this.#requests = new TokenBuckets(clock, {
      burst: requestsPerSecond,
      perSecond: requestsPerSecond,
    });
    this.#refusals = new TokenBuckets(clock, {
      burst: refusalsPerMinute,
      perSecond: refusalsPerMinute / 60,
    });
  }

  admit(visit: Visit): Access | Promise<Access> {
    const { authenticators } = this.#options;
    return this.#refuseAloud(visit.address, 'authenticate', () => {
      refuseTokensInUrl(visit);
      const found = firstOf(authenticators, (one) => one.authenticate(visit));
      return then(found, (identity) =>
        this.#accessOf(identity ?? strangerOf(visit), visit.address),
      );
    });
  }

  /**
   * Who connects by MQTT, and what they may do. A person's name and password are good for pages only.
   *
   * @throws {@link Problem} `unauthenticated` for credentials that are none, or of another client id; `too-many-requests`.
   */
  identifyMqtt(visit: MqttVisit): Access | Promise<Access> {
    const authenticators = this.#options.mqtt ?? [];
    return this.#refuseAloud(visit.address, 'connect', () => {
      const found = firstOf(authenticators, (one) => one.authenticateMqtt(visit));
      return then(found, (identity) => {
        if (identity === undefined && visit.password !== '') {
          throw badCredentials(
            'a password that is neither an API token nor the secret of a device',
          );
        }
        return this.#accessOf(identity ?? anonymousIdentity, visit.address);
      });
    });
  }

  /** By what the holder of an access that this guard gave was recognised. */
  identityOf(access: Access): Identity {
    return this.#identities.get(access) ?? anonymousIdentity;
  }

  #accessOf(identity: Identity, address: string): Access {
    const isKnown = identity !== anonymousIdentity;
    if (!this.#requests.take(isKnown ? identity.principal.id : networkOf(address))) {
      throw new Problem('too-many-requests', 'too many requests in this second', {
        retryAfterSeconds: 1,
      });
    }
    let byAddress = this.#accesses.get(identity);
    const known = byAddress?.get(address);
    if (known !== undefined) return known;
    if (byAddress === undefined) {
      byAddress = new BoundedMap(maxAddresses);
      this.#accesses.set(identity, byAddress);
    }
    const access = this.#options.policy.accessOf(identity, { address });
    byAddress.set(address, access);
    this.#identities.set(access, identity);
    return access;
  }

  /** Carries `work` out, and has it written down when it refuses. */
  #refuseAloud<T>(from: string, what: string, work: () => T | Promise<T>): T | Promise<T> {
    const refuse = (cause: unknown): never => {
      if (cause instanceof Problem && this.#refusals.take(networkOf(from))) {
        this.#options.audit.record({
          who: 'anonymous',
          from,
          what,
          outcome: 'denied',
          why: cause.detail,
        });
      }
      throw cause;
    };
    try {
      const result = work();
      return result instanceof Promise ? result.catch(refuse) : result;
    } catch (cause) {
      return refuse(cause);
    }
  }
}

/** Whoever shows no credentials at all. @throws {@link Problem} `unauthenticated` when there are some that nobody knows. */
function strangerOf(visit: Visit): Identity {
  if (bearerOf(visit) !== undefined) throw badCredentials('a token of no kind that is known here');
  return anonymousIdentity;
}

/** Asks one after the other until one knows; without a promise when none of those asked needs one. */
function firstOf<A, T>(
  all: readonly A[],
  ask: (one: A) => T | undefined | Promise<T | undefined>,
  start = 0,
): T | undefined | Promise<T | undefined> {
  for (let at = start; at < all.length; at++) {
    const one = all[at];
    const answer = one && ask(one);
    if (answer instanceof Promise) {
      return answer.then((known) => known ?? firstOf(all, ask, at + 1));
    }
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function then<A, B>(value: A | Promise<A>, next: (value: A) => B): B | Promise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}

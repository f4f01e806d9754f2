import type { Audit, Clock, Principal, Route, Store } from '@thingtalk/core';
import { type AccessSource, SecurityGuard } from '../guard.ts';
import type { AuthenticationDoor } from './authentication-door.ts';
import { GuestLinks } from './guest-links.ts';
import { guestRoutes } from './guest-routes.ts';
import type { Authenticator } from './identity.ts';
import { Logins } from './logins.ts';
import type { MqttAuthenticator } from './mqtt-visit.ts';
import { appRoutes } from './oauth/app-routes.ts';
import { AppTokens } from './oauth/app-tokens.ts';
import { Apps } from './oauth/apps.ts';
import { AuthorizationCodes } from './oauth/authorization-codes.ts';
import { oauthRoutes } from './oauth/oauth-routes.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { People, type Principals } from './people.ts';
import { peopleRoutes } from './people-routes.ts';
import { LoginLimits } from './rate-limits.ts';
import type { Revocations } from './revocations.ts';
import { sessionRoutes } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { Tickets } from './tickets.ts';
import { tokenRoutes } from './token-routes.ts';
import { Tokens } from './tokens.ts';

/** What {@link Authentication} is made of. */
export interface AuthenticationOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Audit;
  readonly revocations: Revocations;
  readonly policy: AccessSource;
  /** Those who recognise devices, asked before the rest. Default: none. */
  readonly devices?: Authenticator & MqttAuthenticator;
  /** {@link AuthenticationDoor.forgetRights} */
  readonly forgetRights?: (principal: string, author: string) => Promise<void>;
  /** {@link SecurityGuard}'s. Default: 1,000. */
  readonly requestsPerSecond?: number;
  readonly hasher?: PasswordHasher;
}

interface Rest {
  readonly guard: SecurityGuard;
  readonly apps: Apps;
  readonly clock: Clock;
}

/** All who may be recognised, the guard that asks them, and the rows by which they are managed. */
export class Authentication implements Principals, Disposable {
  readonly door: AuthenticationDoor;
  readonly apps: Apps;
  readonly guard: SecurityGuard;
  readonly routes: readonly Route[];
  readonly #held: readonly Disposable[];

  private constructor(door: AuthenticationDoor, { guard, apps, clock }: Rest) {
    this.door = door;
    this.guard = guard;
    this.apps = apps;
    const { people, tokens, appTokens, sessions, guestLinks } = door;
    this.#held = [people, tokens, sessions, guestLinks, apps, appTokens];
    this.routes = [
      ...sessionRoutes(door),
      ...peopleRoutes(door),
      ...tokenRoutes(door),
      ...guestRoutes(door),
      ...oauthRoutes({ ...door, apps, codes: new AuthorizationCodes(clock) }),
      ...appRoutes({ ...door, apps }),
    ];
  }

  /** Reads who there is from the store. */
  static async open(options: AuthenticationOptions): Promise<Authentication> {
    const { store, clock, revocations, audit, hasher, forgetRights } = options;
    const people = await People.open({ store, clock, revocations, ...(hasher && { hasher }) });
    const guestLinks = await GuestLinks.open({ store, clock, revocations });
    const principals: Principals = {
      principal: (id) => people.principal(id) ?? guestLinks.principal(id),
    };
    const parts = { store, clock, revocations, principals };
    const tokens = await Tokens.open(parts);
    const sessions = await Sessions.open(parts);
    const apps = await Apps.open(store, clock);
    const appTokens = await AppTokens.open({ ...parts, apps });
    const tickets = new Tickets(clock, revocations);
    const guard = new SecurityGuard({
      ...options,
      authenticators: [
        ...(options.devices ? [options.devices] : []),
        tokens,
        appTokens,
        guestLinks,
        tickets,
        sessions,
      ],
      mqtt: [...(options.devices ? [options.devices] : []), tokens],
    });
    const door: AuthenticationDoor = {
      people,
      logins: new Logins(people, new LoginLimits(clock), audit),
      sessions,
      tokens,
      appTokens,
      tickets,
      guestLinks,
      audit,
      identityOf: (access) => guard.identityOf(access),
      ...(forgetRights && { forgetRights }),
    };
    return new Authentication(door, { guard, apps, clock });
  }

  /** The person or guest with this id, as long as they may come in. */
  principal(id: string): Principal | undefined {
    return this.door.people.principal(id) ?? this.door.guestLinks.principal(id);
  }

  [Symbol.dispose](): void {
    for (const part of this.#held) part[Symbol.dispose]();
  }
}

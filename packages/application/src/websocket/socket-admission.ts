import {
  type Access,
  type Audit,
  asProblem,
  type Guard,
  type Logger,
  Problem,
} from '@thingtalk/core';
import { unknownVisitor } from '../http/admission.ts';
import type { Upgrade } from '../http/upgrade.ts';
import { baseOf, pathAsked, visitOf } from '../http/visit.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

/** What a {@link SocketAdmission} works with. */
export interface SocketAdmissionParts {
  readonly guard: Guard;
  readonly audit: Audit;
  readonly logger: Logger;
  /** Path of what says who gives out tokens for this server. Default: nothing does. */
  readonly resourceMetadata?: string | undefined;
}

/** Finds out who wants to open a socket, before the handshake: whoever is refused is answered over HTTP. */
export class SocketAdmission {
  readonly #with: SocketAdmissionParts;

  constructor(parts: SocketAdmissionParts) {
    this.#with = parts;
  }

  /** Calls `enter` with what somebody who is known may do; what it throws is the refusal. */
  admit(upgrade: Upgrade, enter: (access: Access) => void): void {
    const { resourceMetadata } = this.#with;
    const metadata = resourceMetadata && baseOf(upgrade.request) + resourceMetadata;
    const refuse = (error: unknown) =>
      refuseUpgrade(upgrade.socket, asProblem(error, this.#report), metadata);
    const open = (access: Access): void => {
      // Whoever was asked about may be gone by now.
      if (upgrade.socket.destroyed) return;
      try {
        this.#check(access);
        enter(access);
      } catch (error) {
        this.#record(upgrade, access, error);
        refuse(error);
      }
    };
    try {
      const access = this.#with.guard.admit(visitOf(upgrade.request));
      if (access instanceof Promise) void access.then(open, refuse);
      else open(access);
    } catch (error) {
      // The guard has written down itself whom it does not know.
      refuse(error);
    }
  }

  #check({ isUnlimited, principal }: Access): void {
    if (isUnlimited || principal.kind !== 'anonymous') return;
    throw new Problem('unauthenticated', unknownVisitor);
  }

  #record({ request }: Upgrade, { principal }: Access, error: unknown): void {
    if (!(error instanceof Problem) || error.status === 404) return;
    const { address, url } = visitOf(request);
    this.#with.audit.record({
      who: principal.id,
      from: address,
      what: 'websocket',
      on: pathAsked({ url }),
      outcome: 'denied',
      why: error.detail,
    });
  }

  readonly #report = (error: unknown, incident: string): void => {
    this.#with.logger.error({ err: error, incident }, 'a WebSocket handshake failed');
  };
}

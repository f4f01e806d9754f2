import {
  type Access,
  type AuditEntry,
  type JsonValue,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
  type Visit,
} from '@thingtalk/core';
import { FakeClock, MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import type { AccessSource, SecurityGuard } from '../guard.ts';
import { Authentication } from './authentication.ts';
import type { AuthenticationDoor } from './authentication-door.ts';
import type { Identity } from './identity.ts';
import { PasswordHasher } from './password-hasher.ts';
import { Revocations } from './revocations.ts';
import { SetupCode } from './setup-code.ts';
import { setupRoute } from './setup-route.ts';

/** A password that no rule refuses. */
export const goodPassword = 'vlaqhpt-9-orkney';

/** Cheap, so that tests that are not about hashing do not wait for it. */
export const cheapCost = { memory: 64, passes: 1, lanes: 1 };

/** How somebody asks. */
export interface Asking {
  readonly headers?: Visit['headers'];
  readonly body?: JsonValue;
  readonly address?: string;
  readonly isSecure?: boolean;
}

/** All of authentication around a store in memory, asked as a server would ask it. */
export class AuthenticationWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly revocations = new Revocations();
  readonly entries: AuditEntry[] = [];
  readonly managers = new Set<string>();
  readonly codes: string[] = [];
  readonly store: MemoryStore;
  #parts: Parts | undefined;

  constructor(documents = new MemoryDocuments()) {
    this.store = new MemoryStore(documents, this.clock);
  }

  static async open(documents?: MemoryDocuments): Promise<AuthenticationWorld> {
    const world = new AuthenticationWorld(documents);
    world.#parts = await openParts(world);
    return world;
  }

  get parts(): Parts {
    if (this.#parts === undefined) throw new Error('the world is not open');
    return this.#parts;
  }

  /** A visit from elsewhere over TLS, unless said otherwise. */
  visit(method: string, url: string, asking: Asking = {}): Visit {
    const { headers = {}, address = '192.0.2.7', isSecure = true } = asking;
    return { method, url, headers: { host: 'hub.local', ...headers }, address, isSecure };
  }

  /** What a server answers, with problems as their status. */
  async ask(
    method: string,
    url: string,
    asking: Asking = {},
  ): Promise<RouteReply & { json: JsonValue; problem?: Problem }> {
    try {
      const reply = await this.#carryOut(this.visit(method, url, asking), asking.body);
      const { body } = reply;
      const isJson = reply.headers?.['content-type'] === 'application/json';
      return { ...reply, json: isJson && typeof body === 'string' ? JSON.parse(body) : null };
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
      const json = JSON.parse(JSON.stringify(cause));
      return { status: cause.status, json, problem: cause };
    }
  }

  /** Logs a page in. Returns its cookie header. */
  async logIn(name: string, password = goodPassword): Promise<string> {
    const { status, headers } = await this.ask('POST', '/session', { body: { name, password } });
    if (status !== 204) throw new Error(`${name} was not logged in: ${status}`);
    return headers?.['set-cookie']?.split(';', 1)[0] ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.parts.authentication[Symbol.dispose]();
    await this.store[Symbol.asyncDispose]();
  }

  async #carryOut(visit: Visit, body: JsonValue | undefined): Promise<RouteReply> {
    const access = await this.parts.guard.admit(visit);
    const [path = ''] = visit.url.split('?', 1);
    for (const route of this.parts.routes) {
      const params = match(route.path, path);
      if (route.method !== visit.method || params === undefined) continue;
      refuseUnlessAdmitted(route, access);
      const request: RouteRequest = {
        params,
        query: Object.fromEntries(new URLSearchParams(visit.url.split('?')[1])),
        headers: visit.headers,
        body,
        url: visit.url,
        base: 'https://hub.local',
        address: visit.address,
        isSecure: visit.isSecure,
        signal: new AbortController().signal,
        access,
      };
      return route.handle(request);
    }
    throw new Problem('not-found', path);
  }
}

interface Parts extends AuthenticationDoor {
  readonly authentication: Authentication;
  readonly guard: SecurityGuard;
  readonly setup: SetupCode;
  readonly routes: readonly Route[];
}

async function openParts(world: AuthenticationWorld): Promise<Parts> {
  const { store, clock, revocations, managers, codes } = world;
  const audit = { record: (entry: AuditEntry) => void world.entries.push(entry) };
  const authentication = await Authentication.open({
    store,
    clock,
    revocations,
    audit,
    policy: new PlainPolicy(revocations, managers),
    hasher: new PasswordHasher(cheapCost),
  });
  const { door, guard } = authentication;
  const setup = new SetupCode({
    store,
    clock,
    people: door.people,
    audit,
    show: (code) => void codes.push(code),
    makeAdministrator: async (id) => void managers.add(id),
  });
  const routes = [...authentication.routes, setupRoute(setup)];
  return { ...door, authentication, guard, setup, routes };
}

/** Tells managers from others, and ends an access when its credential or principal is revoked. */
class PlainPolicy implements AccessSource {
  readonly #revocations: Revocations;
  readonly #managers: ReadonlySet<string>;

  constructor(revocations: Revocations, managers: ReadonlySet<string>) {
    this.#revocations = revocations;
    this.#managers = managers;
  }

  accessOf({ principal, credential, scopes }: Identity): Access {
    const managers = this.#managers;
    return {
      principal,
      isUnlimited: false,
      revision: 0,
      may: () => false,
      mayEverywhere: () => false,
      owns: () => false,
      sees: () => false,
      get manages() {
        return managers.has(principal.id) && scopes === undefined;
      },
      onChange: () => () => {},
      onEnd: (listener) => {
        const stops = [principal.id, credential].map((id) => this.#revocations.watch(id, listener));
        return () => {
          for (const stop of stops) stop();
        };
      },
    };
  }
}

function refuseUnlessAdmitted({ admits = 'known' }: Route, access: Access): void {
  if (admits === 'anybody') return;
  if (access.principal.kind === 'anonymous') throw new Problem('unauthenticated', 'who asks?');
  if (admits === 'managers' && !access.manages) throw new Problem('forbidden', 'for managers');
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, level] of wanted.entries()) {
    if (level.startsWith(':')) params[level.slice(1)] = given[at] ?? '';
    else if (level !== given[at]) return undefined;
  }
  return params;
}

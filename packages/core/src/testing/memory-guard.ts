import type { Access, Guard, Principal, Right, Visit } from '../ports/guard.ts';
import { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';

/** What somebody may do: to an affordance, or to all of a Thing or of all Things where none is named. */
export interface TestGrant {
  readonly right: Right;
  readonly thing?: string;
  readonly affordance?: string;
}

/** A {@link Guard} that knows tokens and what each may do, kept in memory: real, small, and changed by hand. */
export class MemoryGuard implements Guard {
  readonly #known = new Map<string, MemoryAccess>();
  readonly #stranger = new MemoryAccess(
    { id: 'anonymous', kind: 'anonymous', name: 'anybody' },
    [],
  );

  /**
   * Lets somebody in who shows `token` as a bearer token.
   *
   * @param owned Things for which it speaks.
   */
  let(
    token: string,
    grants: readonly TestGrant[],
    kind: Principal['kind'] = 'person',
    owned: readonly string[] = [],
  ): MemoryAccess {
    const access = new MemoryAccess({ id: `${kind}_${token}`, kind, name: token }, grants, owned);
    this.#known.set(token, access);
    return access;
  }

  /** Takes a token back: whatever it has opened ends. */
  revoke(token: string): void {
    const access = this.#known.get(token);
    this.#known.delete(token);
    access?.end(new Problem('unauthenticated', 'the token was taken back'));
  }

  admit({ headers }: Pick<Visit, 'headers'>): Access {
    const { authorization } = headers;
    if (authorization === undefined) return this.#stranger;
    const token = /^Bearer (.+)$/.exec(String(authorization))?.[1] ?? '';
    const access = this.#known.get(token);
    if (access === undefined) throw new Problem('unauthenticated', 'these credentials are none');
    return access;
  }
}

/** What a visitor of a {@link MemoryGuard} may do. */
export class MemoryAccess implements Access {
  readonly principal: Principal;
  readonly isUnlimited = false;
  revision = 0;
  #grants: readonly TestGrant[];
  readonly #listeners = new Set<() => void>();
  readonly #endings = new Set<(why: Problem) => void>();
  #over: Problem | undefined;

  readonly #owned: readonly string[];

  constructor(principal: Principal, grants: readonly TestGrant[], owned: readonly string[] = []) {
    this.principal = principal;
    this.#owned = owned;
    this.#grants = grants;
  }

  /** From now on it may do this, and nothing else. */
  change(grants: readonly TestGrant[]): void {
    this.#grants = grants;
    this.revision++;
    for (const listener of [...this.#listeners]) listener();
  }

  /** It is over. */
  end(why: Problem): void {
    this.#over = why;
    this.#grants = [];
    this.revision++;
    for (const listener of [...this.#endings]) listener(why);
    this.#endings.clear();
  }

  /** How many wait to hear of changes, or of the end. */
  get listenerCount(): number {
    return this.#listeners.size + this.#endings.size;
  }

  may(right: Right, thing: ThingId, affordance?: string): boolean {
    return this.#grants.some(
      (grant) =>
        grant.right === right &&
        (grant.thing ?? thing) === thing &&
        (grant.affordance === undefined || grant.affordance === affordance),
    );
  }

  mayEverywhere(right: Right): boolean {
    return this.#grants.some((grant) => grant.right === right && grant.thing === undefined);
  }

  owns(thing: ThingId): boolean {
    return this.#over === undefined && this.#owned.includes(thing);
  }

  sees(thing: ThingId): boolean {
    return this.#grants.some((grant) => (grant.thing ?? thing) === thing);
  }

  get manages(): boolean {
    return this.mayEverywhere('manage');
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onEnd(listener: (why: Problem) => void): () => void {
    if (this.#over !== undefined) listener(this.#over);
    else this.#endings.add(listener);
    return () => void this.#endings.delete(listener);
  }
}

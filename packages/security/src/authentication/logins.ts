import { type Audit, Problem } from '@thingtalk/core';
import { fold, type People, type Person } from './people.ts';
import type { LoginLimits } from './rate-limits.ts';

/** Who tries to log in. */
export interface Login {
  readonly name: string;
  readonly password: string;
  /** The address they come from. */
  readonly address: string;
}

/** Longest name and password that are looked at, in characters: what is longer is nobody's. */
const longestText = 1_024;

/** Lets people in by name and password, as slowly as {@link LoginLimits} say, and has that written down. */
export class Logins {
  readonly #people: People;
  readonly #limits: LoginLimits;
  readonly #audit: Audit;

  constructor(people: People, limits: LoginLimits, audit: Audit) {
    this.#people = people;
    this.#limits = limits;
    this.#audit = audit;
  }

  /**
   * Who logs in. Somebody unknown, somebody disabled and a wrong password are refused alike, in words and in time.
   *
   * @throws {@link Problem} `unauthenticated`, `too-many-requests`.
   */
  logIn(login: Login): Promise<Person> {
    const wrong = new Problem('unauthenticated', 'the name or the password is wrong');
    return recordLogin(this.#audit, login.address, () => this.#check(login, wrong));
  }

  /**
   * Whether whoever is logged in knows their password, before they change it.
   *
   * @throws {@link Problem} `forbidden`, `too-many-requests`.
   */
  async prove(login: Login): Promise<void> {
    await this.#check(login, new Problem('forbidden', 'the old password is wrong'));
  }

  async #check({ address, ...login }: Login, refusal: Problem): Promise<Person> {
    const name = fold(login.name.slice(0, longestText));
    this.#limits.begin(name, address);
    const person = await this.#people.verify(name, login.password.slice(0, longestText));
    if (person === undefined) throw refusal;
    this.#limits.succeed(name, address);
    return person;
  }
}

/** Writes down who comes in, or that somebody did not. The name that was tried is left out: people type their password there. */
export async function recordLogin<T extends { readonly id: string }>(
  audit: Audit,
  from: string,
  recognise: () => T | Promise<T>,
): Promise<T> {
  const what = 'login';
  try {
    const known = await recognise();
    audit.record({ who: known.id, from, what, outcome: 'allowed' });
    return known;
  } catch (cause) {
    const why = cause instanceof Problem ? cause.detail : 'it could not be checked';
    audit.record({ who: 'anonymous', from, what, outcome: 'denied', why });
    throw cause;
  }
}

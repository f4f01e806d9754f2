import type { Clock, Principal, Store } from '@thingtalk/core';
import { Problem } from '@thingtalk/core';
import { HeldDocuments } from '../documents/held-documents.ts';
import { PasswordHasher } from './password-hasher.ts';
import { checkPassword } from './password-rules.ts';
import type { Revocations } from './revocations.ts';
import { randomId } from './secret-text.ts';

/** Somebody with a password. */
export interface Person {
  /** `person_...`, never given twice. */
  readonly id: string;
  /** What they log in with; case does not matter, and it stays. */
  readonly name: string;
  readonly displayName: string;
  /** Whether they are kept out. */
  readonly isDisabled: boolean;
  /** In milliseconds since 1970. */
  readonly created: number;
}

interface PersonDocument extends Person {
  /** PHC string. */
  readonly password: string;
}

/** Who finds principals by their ids: {@link People}, `GuestLinks`. */
export interface Principals {
  /** The principal with this id, as long as it may come in. */
  principal(id: string): Principal | undefined;
}

/** What {@link People} are made of. */
export interface PeopleOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly revocations: Revocations;
  readonly hasher?: PasswordHasher;
}

/** What is needed to make somebody. */
export interface NewPerson {
  readonly name: string;
  readonly password: string;
  readonly displayName?: string;
  /** Default: a new one. From {@link newPersonId}, where rights were given to it before. */
  readonly id?: string;
}

/** What may change of a person. */
export interface PersonChange {
  readonly displayName?: string;
  readonly password?: string;
  readonly isDisabled?: boolean;
}

/** Longest name, in characters. */
const longestName = 64;

/** The people who may log in, by name and password. They are documents of the collection `people`, under their folded names. */
export class People implements Principals, Disposable {
  readonly #documents: HeldDocuments<PersonDocument>;
  readonly #byId = new Map<string, PersonDocument>();
  readonly #principals = new Map<string, Principal>();
  readonly #hasher: PasswordHasher;
  readonly #clock: Clock;
  readonly #revocations: Revocations;

  private constructor(documents: HeldDocuments<PersonDocument>, options: PeopleOptions) {
    this.#documents = documents;
    this.#hasher = options.hasher ?? new PasswordHasher();
    this.#clock = options.clock;
    this.#revocations = options.revocations;
    for (const person of documents.values()) this.#learn(person);
    documents.onChange((_name, now, before) => this.#follow(now, before));
  }

  static async open(options: PeopleOptions): Promise<People> {
    return new People(await HeldDocuments.open<PersonDocument>(options.store, 'people'), options);
  }

  /** Whether nobody is there yet. */
  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** Everybody, in order of their names. */
  list(): readonly Person[] {
    return this.#documents.list().map(({ value }) => shown(value));
  }

  /** @throws {@link Problem} `not-found`. */
  get(id: string): Person {
    return shown(this.#document(id));
  }

  principal(id: string): Principal | undefined {
    return this.#principals.get(id);
  }

  /**
   * Whether somebody can be made of these. Returns the name as it is kept.
   *
   * @throws {@link Problem} `unprocessable`, `conflict`, as {@link create}.
   */
  check(wanted: Pick<NewPerson, 'name' | 'password'>): string {
    const name = checkName(wanted.name);
    if (this.#documents.get(fold(name)) !== undefined) throw taken(name);
    checkPassword(wanted.password, name);
    return name;
  }

  /**
   * Makes somebody.
   *
   * @throws {@link Problem} `unprocessable` for a name or password that is not taken; `conflict` when the name is.
   */
  async create(wanted: NewPerson, author: string): Promise<Person> {
    const name = this.check(wanted);
    const person: PersonDocument = {
      id: wanted.id ?? newPersonId(),
      name,
      displayName: checkDisplayName(wanted.displayName ?? name),
      isDisabled: false,
      created: this.#clock.now(),
      password: await this.#hasher.hash(wanted.password),
    };
    try {
      await this.#documents.put(fold(name), person, { author, ifVersion: 0 });
    } catch (cause) {
      if (cause instanceof Problem && cause.name === 'precondition-failed') throw taken(name);
      throw cause;
    }
    return shown(person);
  }

  /**
   * Changes somebody. Whoever is disabled, or has another password from now on, is logged out everywhere.
   *
   * @throws {@link Problem} `not-found`, `unprocessable`; `conflict` when it would keep the author out.
   */
  async change(id: string, change: PersonChange, author: string): Promise<Person> {
    const { name } = this.#document(id);
    if (change.isDisabled && id === author) throw keepsOneself();
    if (change.password !== undefined) checkPassword(change.password, name);
    const password = change.password && (await this.#hasher.hash(change.password));
    const before = this.#document(id);
    const person: PersonDocument = {
      ...before,
      displayName: checkDisplayName(change.displayName ?? before.displayName),
      isDisabled: change.isDisabled ?? before.isDisabled,
      password: password ?? before.password,
    };
    await this.#documents.put(fold(name), person, { author });
    return shown(person);
  }

  /** @throws {@link Problem} `not-found`; `conflict` when somebody would take themselves away. */
  async delete(id: string, author: string): Promise<void> {
    if (id === author) throw keepsOneself();
    await this.#documents.delete(fold(this.#document(id).name), { author });
  }

  /**
   * Who has this name and password. Somebody unknown, and somebody disabled, cost as much as a wrong password.
   *
   * @throws {@link Problem} `too-many-requests` when too many wait already.
   */
  async verify(name: string, password: string): Promise<Person | undefined> {
    const person = this.#documents.get(fold(name));
    const isRight = await this.#hasher.verify(password, person?.password);
    if (!isRight || person === undefined || this.#principals.get(person.id) === undefined)
      return undefined;
    // Changed while it was compared: whoever knows the old one is too late.
    if (this.#documents.get(fold(name))?.password !== person.password) return undefined;
    if (this.#hasher.isOutdated(person.password)) await this.#rehash(person, password);
    return shown(person);
  }

  /** Calls `listener` after somebody was made, changed or removed. Returns how to stop. */
  onChange(listener: () => void): () => void {
    return this.#documents.onChange(() => listener());
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }

  #document(id: string): PersonDocument {
    const person = this.#byId.get(id);
    if (person === undefined) throw new Problem('not-found', `there is no person '${id}'`);
    return person;
  }

  async #rehash(person: PersonDocument, password: string): Promise<void> {
    const stronger = await this.#hasher.hash(password);
    const now = this.#byId.get(person.id);
    if (now?.password !== person.password) return;
    await this.#documents.put(
      fold(now.name),
      { ...now, password: stronger },
      { author: 'security' },
    );
  }

  #learn(person: PersonDocument): void {
    this.#byId.set(person.id, person);
    const { id, displayName } = person;
    if (person.isDisabled) this.#principals.delete(id);
    else this.#principals.set(id, { id, kind: 'person', name: displayName });
  }

  #follow(now: PersonDocument | undefined, before: PersonDocument | undefined): void {
    if (before !== undefined && before.id !== now?.id) {
      this.#byId.delete(before.id);
      this.#principals.delete(before.id);
      this.#end(before.id, 'the person was removed');
    }
    if (now === undefined) return;
    this.#learn(now);
    if (now.isDisabled && before?.isDisabled === false)
      this.#end(now.id, 'the person was disabled');
  }

  #end(id: string, why: string): void {
    this.#revocations.revoke(id, new Problem('unauthenticated', why));
  }
}

/** Makes the id of a person who is yet to be made. */
export function newPersonId(): string {
  return `person_${randomId()}`;
}

/** Names that differ in case or form only are one name. */
export function fold(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

function shown({ id, name, displayName, isDisabled, created }: PersonDocument): Person {
  return { id, name, displayName, isDisabled, created };
}

function taken(name: string): Problem {
  return new Problem('conflict', `the name '${name}' is taken`);
}

function keepsOneself(): Problem {
  return new Problem('conflict', 'nobody takes themselves away: ask another who manages');
}

function checkName(name: string): string {
  const plain = checkDisplayName(name);
  if (plain.length > longestName || /[\s:@/]/u.test(plain)) {
    throw new Problem(
      'unprocessable',
      `'${plain.slice(0, longestName)}' cannot be a name: it has 1 to ${longestName} characters without spaces and : @ /`,
    );
  }
  return plain;
}

function checkDisplayName(name: string): string {
  const plain = name.normalize('NFC').trim();
  if (plain === '' || plain.length > 200 || !plain.isWellFormed() || /\p{C}/u.test(plain)) {
    throw new Problem('unprocessable', 'a name has 1 to 200 visible characters');
  }
  return plain;
}

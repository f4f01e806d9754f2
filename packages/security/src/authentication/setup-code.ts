import { type Audit, type Clock, Problem, type Store } from '@thingtalk/core';
import { newPersonId, type People, type Person } from './people.ts';
import { hashOf, randomText, sameHash } from './secret-text.ts';

/** How long a code may be used, in milliseconds. */
export const setupCodeLifeMs = 15 * 60_000;

const mostTries = 5;
const groupLength = 8;

/** What {@link SetupCode} works with. */
export interface SetupCodeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly people: People;
  readonly audit: Audit;
  /** Shows a code to whoever stands at the gateway. Called again for each new one. */
  readonly show: (code: string) => void;
  /** Gives the rights of an administrator to the id of somebody who is about to be made. */
  readonly makeAdministrator: (id: string) => Promise<void>;
  /** Resolves when the gateway serves as one that is set up, which is waited for before that is said. Default: at once. */
  readonly opened?: Promise<void>;
}

/** What sets a gateway up. */
export interface SetupRequest {
  readonly code: string;
  readonly name: string;
  readonly password: string;
  /** The address it comes from. */
  readonly address: string;
}

interface Code {
  readonly hash: string;
  readonly expires: number;
  tries: number;
}

/**
 * Makes the first administrator of a gateway that has nobody, for whoever can read its console: a code of twice eight characters
 * (80 bits), for one use within 15 minutes. After five wrong tries, or when it is over, the next is shown.
 */
export class SetupCode {
  readonly #options: SetupCodeOptions;
  #code: Code | undefined;
  #isBusy = false;

  constructor(options: SetupCodeOptions) {
    this.#options = options;
  }

  /** Whether the gateway waits to be set up. */
  get isOpen(): boolean {
    return this.#options.people.isEmpty;
  }

  /** Shows the first code; nothing when somebody is there already. */
  start(): void {
    if (this.isOpen) this.#renew();
  }

  /**
   * Makes the first administrator. Of several who try at once, one does.
   *
   * @throws {@link Problem} `unauthenticated` for a wrong or old code; `conflict` when the gateway is set up, or just being; `unprocessable`
   * for a name or password that is not taken: the code is then still good.
   */
  async setUp({ code, name, password, address }: SetupRequest): Promise<Person> {
    try {
      if (!this.isOpen) throw alreadySetUp();
      this.#check(code);
      if (this.#isBusy) throw new Problem('conflict', 'somebody else is setting the gateway up');
      this.#isBusy = true;
      const person = await this.#make(name, password).finally(() => {
        this.#isBusy = false;
      });
      this.#code = undefined;
      this.#record(person.id, address);
      await this.#options.opened;
      return person;
    } catch (cause) {
      this.#record('anonymous', address, cause instanceof Problem ? cause.detail : 'it failed');
      throw cause;
    }
  }

  async #make(name: string, password: string): Promise<Person> {
    const { people, store, makeAdministrator } = this.#options;
    const id = newPersonId();
    const author = 'setup';
    people.check({ name, password });
    // Of several gateways of one database one writes this; a claim that nobody came of, as after a crash, is written over.
    const claim = await store.get('setup', 'administrator');
    try {
      await store.put('setup', 'administrator', { id }, { author, ifVersion: claim?.version ?? 0 });
    } catch (cause) {
      throw cause instanceof Problem && cause.name === 'precondition-failed'
        ? alreadySetUp()
        : cause;
    }
    // Rights first: a crash in between leaves rights of nobody, not somebody without rights in a gateway that is closed then.
    await makeAdministrator(id);
    return people.create({ id, name, password }, author);
  }

  #check(code: string): void {
    const { clock } = this.#options;
    if (this.#code === undefined || this.#code.expires <= clock.now()) {
      this.#renew();
      throw wrongCode('the code is over: a new one is shown at the gateway');
    }
    if (sameHash(this.#code.hash, hashOf(plain(code)))) return;
    this.#code.tries++;
    if (this.#code.tries < mostTries) throw wrongCode('the code is wrong');
    this.#renew();
    throw wrongCode(`the code was wrong ${mostTries} times: a new one is shown at the gateway`);
  }

  #renew(): void {
    const { clock, show } = this.#options;
    const code = `${randomText(groupLength)}-${randomText(groupLength)}`;
    this.#code = { hash: hashOf(plain(code)), expires: clock.now() + setupCodeLifeMs, tries: 0 };
    show(code);
  }

  #record(who: string, from: string, why?: string): void {
    this.#options.audit.record({
      who,
      from,
      what: 'setup',
      outcome: why === undefined ? 'allowed' : 'denied',
      ...(why !== undefined && { why }),
    });
  }
}

/** As somebody may type it: in either case, with what is taken for other characters, and any signs between. */
function plain(code: string): string {
  return code
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replaceAll('o', '0')
    .replace(/[il]/g, '1');
}

function wrongCode(why: string): Problem {
  return new Problem('unauthenticated', why);
}

function alreadySetUp(): Problem {
  return new Problem('conflict', 'the gateway is set up already');
}

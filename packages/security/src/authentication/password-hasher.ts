import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { Problem } from '@thingtalk/core';

/** What one hash costs. */
export interface PasswordCost {
  /** Kibibytes of memory. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/**
 * The least that a gateway uses.
 *
 * @see {@link https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html | OWASP, Argon2id}
 */
export const leastPasswordCost: PasswordCost = { memory: 19_456, passes: 2, lanes: 1 };

const maxRunning = 2;
const maxWaiting = 32;
const saltBytes = 16;
const hashBytes = 32;

/** What a stored hash may ask for at most: one that was tampered with must not exhaust the machine. */
const highestCost: PasswordCost = { memory: 1_048_576, passes: 20, lanes: 16 };

const phcForm =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([\w+/-]{11,86})\$([\w+/-]{22,86})$/;

/**
 * Hashes passwords with argon2id, as PHC strings that hold their own parameters.
 *
 * Node runs it in its thread pool, which has four threads: two hashes at once leave two for files and names. 32 more
 * wait; whoever comes then is told to come later, so that a flood of logins costs the gateway no more than that.
 */
export class PasswordHasher {
  readonly #cost: PasswordCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param cost default {@link leastPasswordCost}; less is for tests. */
  constructor(cost: PasswordCost = leastPasswordCost) {
    this.#cost = cost;
  }

  /** @throws {@link Problem} `too-many-requests` when too many wait already. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(saltBytes);
    const key = await this.#derive(password, salt, this.#cost, hashBytes);
    const { memory, passes, lanes } = this.#cost;
    return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${encode(salt)}$${encode(key)}`;
  }

  /**
   * Whether `phc` is the hash of a password. Without one, as for somebody unknown, the work is done all the same.
   *
   * @throws {@link Problem} `too-many-requests` when too many wait already.
   */
  async verify(password: string, phc: string | undefined): Promise<boolean> {
    const stored = phc === undefined ? undefined : readPhc(phc);
    const { salt, key, cost } = stored ?? this.#nobody();
    const derived = await this.#derive(password, salt, cost, key.length);
    return timingSafeEqual(derived, key) && stored !== undefined;
  }

  /** Whether a hash is weaker than those made now. */
  isOutdated(phc: string): boolean {
    const cost = readPhc(phc)?.cost;
    if (cost === undefined) return true;
    return cost.memory < this.#cost.memory || cost.passes < this.#cost.passes;
  }

  #nobody(): StoredHash {
    return { salt: randomBytes(saltBytes), key: randomBytes(hashBytes), cost: this.#cost };
  }

  async #derive(
    password: string,
    salt: Buffer,
    cost: PasswordCost,
    tagLength: number,
  ): Promise<Buffer> {
    await this.#turn();
    try {
      return await run({
        message: password.normalize('NFKC'),
        nonce: salt,
        memory: cost.memory,
        passes: cost.passes,
        parallelism: cost.lanes,
        tagLength,
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Resolves when one of the places is free, and takes it. */
  #turn(): Promise<void> | undefined {
    if (this.#running < maxRunning) {
      this.#running++;
      return undefined;
    }
    if (this.#waiting.length >= maxWaiting) {
      throw new Problem('too-many-requests', 'too many logins are waiting', {
        retryAfterSeconds: 5,
      });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

interface StoredHash {
  readonly salt: Buffer;
  readonly key: Buffer;
  readonly cost: PasswordCost;
}

function readPhc(phc: string): StoredHash | undefined {
  const [, memory, passes, lanes, salt = '', key = ''] = phcForm.exec(phc) ?? [];
  const cost = { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  const isBearable =
    cost.memory >= 8 * cost.lanes &&
    cost.memory <= highestCost.memory &&
    cost.passes >= 1 &&
    cost.passes <= highestCost.passes &&
    cost.lanes >= 1 &&
    cost.lanes <= highestCost.lanes;
  if (!isBearable) return undefined;
  return { salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64'), cost };
}

function run(parameters: Argon2Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** Base64 without padding, as PHC strings have it. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

import { Problem, type RetainedStore } from '@thingtalk/core';

/** How much of what one owner published may be retained. */
export interface RetainedAllowance {
  readonly topics: number;
  /** Of topics and payloads together. */
  readonly bytes: number;
}

interface Account {
  readonly sizes: Map<string, number>;
  bytes: number;
}

/** Counts what is retained by who published it, so that no client fills the memory of all. */
export class RetainedQuota {
  readonly #retained: RetainedStore;
  readonly #allowance: RetainedAllowance;
  readonly #accounts = new Map<string, Account>();

  constructor(retained: RetainedStore, allowance: RetainedAllowance) {
    this.#retained = retained;
    this.#allowance = allowance;
  }

  /**
   * Counts a retained message before it is published; an empty one takes away what was retained.
   *
   * @throws {@link Problem} `overloaded` when the owner would have more retained than it may.
   */
  count(owner: string, topic: string, payloadBytes: number): void {
    const account = this.#accounts.get(owner) ?? { sizes: new Map<string, number>(), bytes: 0 };
    const size = payloadBytes === 0 ? 0 : topic.length + payloadBytes;
    if (size > 0 && this.#exceeds(account, topic, size)) {
      this.#forgetCleared(account);
      if (this.#exceeds(account, topic, size)) throw this.#refusal(owner);
    }
    account.bytes += size - (account.sizes.get(topic) ?? 0);
    if (size === 0) account.sizes.delete(topic);
    else account.sizes.set(topic, size);
    if (account.sizes.size === 0) this.#accounts.delete(owner);
    else this.#accounts.set(owner, account);
  }

  #exceeds({ sizes, bytes }: Account, topic: string, size: number): boolean {
    const known = sizes.get(topic);
    const topics = sizes.size + (known === undefined ? 1 : 0);
    return topics > this.#allowance.topics || bytes + size - (known ?? 0) > this.#allowance.bytes;
  }

  /** Others may have cleared topics since they were counted. */
  #forgetCleared(account: Account): void {
    for (const [topic, size] of account.sizes) {
      if (this.#retained.has(topic)) continue;
      account.sizes.delete(topic);
      account.bytes -= size;
    }
  }

  #refusal(owner: string): Problem {
    const { topics, bytes } = this.#allowance;
    return new Problem(
      'overloaded',
      `'${owner}' has as much retained as it may: ${topics} topics, ${bytes} bytes`,
    );
  }
}

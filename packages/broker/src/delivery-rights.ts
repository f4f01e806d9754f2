import type { BrokerRights } from './guard.ts';

/** How many topics are remembered of one client. */
const remembered = 1_000;

/** Whether one client may have what is delivered to it: asked for each message, so each answer is kept until it may change. */
export class DeliveryRights {
  readonly #rights: BrokerRights;
  readonly #answers = new Map<string, boolean>();
  #revision: number;

  constructor(rights: BrokerRights) {
    this.#rights = rights;
    this.#revision = rights.revision;
  }

  /** Whether a message on `topic` may go out now. */
  mayReceive(topic: string): boolean {
    if (this.#rights.isUnlimited) return true;
    const { revision } = this.#rights;
    if (revision !== this.#revision || this.#answers.size >= remembered) {
      this.#answers.clear();
      this.#revision = revision;
    }
    const known = this.#answers.get(topic);
    if (known !== undefined) return known;
    const answer = this.#rights.mayReceive(topic);
    this.#answers.set(topic, answer);
    return answer;
  }
}

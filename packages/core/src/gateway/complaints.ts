import type { Topics } from '../bus/topics.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';

/** Whom a complaint concerns: the Thing, and the topic level it speaks from. */
export interface Accused {
  readonly id: ThingId;
  readonly level: string;
}

/** The same thing about the same member is said at most this often, in milliseconds. */
const silenceMs = 60_000;
/** How many different complaints are remembered; beyond that the oldest may be said again. */
const remembered = 10_000;

/** Tells a Thing's author what was refused and why: on `things/<id>/error` and in the log, once a minute at most. */
export class Complaints {
  readonly #bus: Bus;
  readonly #topics: Topics;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #said = new Map<string, number>();

  constructor(parts: { bus: Bus; topics: Topics; clock: Clock; logger: Logger }) {
    this.#bus = parts.bus;
    this.#topics = parts.topics;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** @param about which part of the Thing's talk, as `values/brightness`. */
  raise({ id, level }: Accused, about: string, problem: Problem): void {
    const key = `${id} ${about} ${problem.name}`;
    const now = this.#clock.now();
    const last = this.#said.get(key);
    if (last !== undefined && now - last < silenceMs) return;
    this.#remember(key, now);
    this.#logger.warn(
      { thing: id, about, problem: problem.name, detail: problem.detail },
      'refused',
    );
    const told = problem.at(`things/${id}/${about}`).toJSON() as unknown as JsonValue;
    this.#bus.publish(this.#topics.at(level, 'error'), Payload.of(told)).catch((error: unknown) => {
      this.#logger.warn({ thing: id, error }, 'a refusal could not be published');
    });
  }

  #remember(key: string, now: number): void {
    this.#said.delete(key);
    this.#said.set(key, now);
    if (this.#said.size <= remembered) return;
    for (const oldest of this.#said.keys()) {
      this.#said.delete(oldest);
      return;
    }
  }
}

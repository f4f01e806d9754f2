import { isJsonObject, type JsonValue } from '../data/json.ts';
import type { Payload } from '../data/payload.ts';
import type { Bus, BusMessage, Subscription } from '../ports/bus.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import { Problem } from '../problem/problem.ts';
import { DeadlineLanes, type Waiting } from './deadline-lanes.ts';
import { randomPart } from './random-part.ts';
import { type Command, Topics } from './topics.ts';

/** What a {@link Requester} may be told. */
export interface RequesterOptions {
  /** Default: no prefix. */
  readonly topics?: Topics;
  readonly clock?: Clock;
  /** First part of its name on the bus; the second is random for each process. Default `thingtalk`. */
  readonly clientId?: string;
  /** Most requests that may wait for an answer at a time. Default 10,000. */
  readonly maxOutstanding?: number;
}

/** How one request is to be made. */
export interface RequestOptions {
  /** How long the Thing may take. Default 2,000. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Outstanding extends Waiting {
  readonly n: string;
  /** Where alone the answer may come from. */
  readonly replyTopic: string;
  readonly level: string;
  readonly deadlineMs: number;
  readonly resolve: (answer: JsonValue) => void;
  readonly reject: (reason: unknown) => void;
  /** Stops listening to the caller's signal. */
  release?: () => void;
}

/**
 * Asks Things that answer: a request goes to `things/<id>/<command>/<requester>/<n>`, and the answer comes on
 * `things/<id>/reply/<requester>/<n>`, so that MQTT 3.1.1 is enough.
 */
export class Requester implements AsyncDisposable {
  /** Its topic level; nobody else has it, so that answers reach this process alone. */
  readonly name: string;
  readonly #bus: Bus;
  readonly #topics: Topics;
  readonly #maxOutstanding: number;
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #deadlines: DeadlineLanes<Outstanding>;
  /** What stands between a topic level and `<n>` in its replies. */
  readonly #replyPart: string;
  #subscription: Subscription | undefined;
  #count = 0;

  private constructor(bus: Bus, options: RequesterOptions) {
    const { topics = new Topics(), clock = systemClock, clientId = 'thingtalk' } = options;
    this.#bus = bus;
    this.#topics = topics;
    this.#maxOutstanding = options.maxOutstanding ?? 10_000;
    this.name = `${clientId.replace(/[^\w.:-]/g, '_')}-${randomPart()}`;
    this.#replyPart = `/reply/${this.name}/`;
    this.#deadlines = new DeadlineLanes(clock, (late) => this.#expire(late));
  }

  /** Makes a requester that hears its answers. */
  static async open(bus: Bus, options: RequesterOptions = {}): Promise<Requester> {
    const requester = new Requester(bus, options);
    const filter = requester.#topics.replies(requester.name);
    requester.#subscription = await bus.subscribe(filter, (message) => requester.#hear(message));
    return requester;
  }

  /**
   * Asks the Thing behind a topic level, and resolves with what it answers as `ok`.
   *
   * @param level the Thing's form in a topic: `topicLevel(id)`
   * @throws {@link Problem} the one the Thing answers; `thing-unreachable` when it answers nothing in time;
   * `overloaded` when too many requests wait.
   * @throws the signal's reason when it aborts first.
   */
  request(
    level: string,
    command: Command,
    payload: Payload,
    { deadlineMs = 2_000, signal }: RequestOptions = {},
  ): Promise<JsonValue> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#outstanding.size >= this.#maxOutstanding) {
      const detail = `${this.#maxOutstanding} requests wait for an answer`;
      return Promise.reject(new Problem('overloaded', detail, { retryAfterSeconds: 1 }));
    }
    const n = String(++this.#count);
    const replyTopic = this.#topics.root + level + this.#replyPart + n;
    return new Promise((resolve, reject) => {
      const request: Outstanding = { n, replyTopic, level, deadlineMs, resolve, reject };
      this.#outstanding.set(n, request);
      if (signal !== undefined) this.#endWith(signal, request);
      const topic = `${this.#topics.at(level, command)}/${this.name}/${n}`;
      this.#bus.publish(topic, payload, { expiresMs: deadlineMs }).catch((problem: unknown) => {
        if (this.#take(request)) reject(problem);
      });
      // In one process the answer is there already, and no deadline need be watched.
      if (this.#outstanding.has(n)) this.#deadlines.add(request, deadlineMs);
    });
  }

  /** Ends it; what still waits fails as `thing-unreachable`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
    this.#deadlines.close();
    for (const request of this.#outstanding.values()) {
      this.#take(request);
      request.reject(new Problem('thing-unreachable', `closed before ${request.level} answered`));
    }
  }

  #hear({ topic, payload, retain }: BusMessage): void {
    if (retain) return;
    const n = topic.slice(topic.lastIndexOf('/') + 1);
    const request = this.#outstanding.get(n);
    // Whoever answers for another Thing is not believed.
    if (request === undefined || request.replyTopic !== topic) return;
    this.#take(request);
    try {
      request.resolve(answerIn(payload, request.level));
    } catch (problem) {
      request.reject(problem);
    }
  }

  #expire(request: Outstanding): void {
    this.#take(request);
    const detail = `${request.level} was silent for ${request.deadlineMs} ms`;
    request.reject(new Problem('thing-unreachable', detail));
  }

  #endWith(signal: AbortSignal, request: Outstanding): void {
    const abort = () => {
      if (this.#take(request)) request.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    request.release = () => signal.removeEventListener('abort', abort);
  }

  /** Takes a request off the list; false when it was off already. */
  #take(request: Outstanding): boolean {
    request.release?.();
    this.#deadlines.remove(request, request.deadlineMs);
    return this.#outstanding.delete(request.n);
  }
}

function answerIn(payload: Payload, level: string): JsonValue {
  const answer = payload.json();
  if (isJsonObject(answer)) {
    if (answer.ok !== undefined) return answer.ok;
    if (answer.problem !== undefined) throw Problem.from(answer.problem);
  }
  throw new Problem('thing-unreachable', `${level} answered with neither 'ok' nor 'problem'`);
}

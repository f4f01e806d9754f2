import { isNotAfter } from '../bus/envelope.ts';
import type { JsonObject } from '../data/json.ts';
import type { Payload } from '../data/payload.ts';
import type { EntryStamp } from '../ports/journal.ts';
import type {
  SaidMessage,
  ThingMemory,
  ThingOutbox,
  ThingRecollection,
} from '../ports/thing-memory.ts';
import type { ActionStatus } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';

/** How many bytes of events may wait in memory for a gateway, for each Thing, unless it is said otherwise. */
export const outboxBytesByDefault: number = 1024 * 1024;

/** What is left of an outbox at the end of a life. */
export interface OutboxState {
  /** Up to where it was stored; zeros when nothing was. */
  readonly stored: EntryStamp;
  /** What was said after that, and the newest values, whether they are stored or not. */
  readonly messages: readonly SaidMessage[];
  readonly openRuns: readonly ActionStatus[];
}

/** An outbox that lives as long as its process. Ten thousand Things have one each: what is empty costs nothing. */
export class MemoryOutbox implements ThingOutbox {
  readonly keeps = true;
  recalled: ThingRecollection | undefined;
  readonly #maxBytes: number;
  /** Events and states of actions. */
  #waiting: SaidMessage[] | undefined;
  #bytes = 0;
  /** The newest snapshot, stored or not. */
  #values: SaidMessage | undefined;
  #areValuesStored = false;
  #openRuns: Map<string, ActionStatus> | undefined;
  #epoch = 0;

  /** @param maxBytes how much may wait. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#waiting === undefined && (this.#values === undefined || this.#areValuesStored);
  }

  add(message: SaidMessage): void {
    this.mustTake(message);
    this.take(message);
  }

  /** @throws {@link Problem} `overloaded` when it is an event that does not fit any more. */
  mustTake(message: SaidMessage): void {
    if (message.part === 'event') this.#mustFit(sizeOf(message));
  }

  /** Takes a message, however much waits already. */
  take(message: SaidMessage): void {
    this.#epoch = Math.max(this.#epoch, message.stamp.e);
    if (message.part === 'values') {
      this.#values = message;
      this.#areValuesStored = false;
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(message);
    this.#bytes += sizeOf(message);
    if (message.part === 'action') this.#follow(message);
  }

  trim(upTo: EntryStamp): void {
    if (this.#values !== undefined && isNotAfter(this.#values.stamp, upTo)) {
      this.#areValuesStored = true;
    }
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const left = waiting.findIndex(({ stamp }) => !isNotAfter(stamp, upTo));
    if (left < 0) {
      this.#waiting = undefined;
      this.#bytes = 0;
    } else for (const message of waiting.splice(0, left)) this.#bytes -= sizeOf(message);
  }

  *unstored(): Iterable<SaidMessage> {
    let values = this.#areValuesStored ? undefined : this.#values;
    for (const message of this.#waiting?.slice() ?? []) {
      if (values !== undefined && isNotAfter(values.stamp, message.stamp)) {
        yield values;
        values = undefined;
      }
      yield message;
    }
    if (values !== undefined) yield values;
  }

  mustAccept(): void {
    this.#mustFit(0);
  }

  kept(): undefined {
    return undefined;
  }

  forget(): void {
    this.recalled = undefined;
    this.#epoch = 0;
    this.#waiting = undefined;
    this.#bytes = 0;
    this.#values = undefined;
    this.#openRuns = undefined;
  }

  /** Takes in what a file held at the end of the Thing's last life. */
  recover({ stored, messages, openRuns }: OutboxState): this {
    this.#epoch = stored.e;
    for (const message of messages) this.take(message);
    this.trim(stored);
    this.#openRuns = new Map(openRuns.map((run) => [run.id, run]));
    return this.reopen();
  }

  /** Makes what is known now what is recalled: for the Thing's next life. */
  reopen(): this {
    if (this.#epoch === 0) return this;
    const { $: _, ...values } = (this.#values?.payload.json() ?? {}) as JsonObject;
    const openRuns = [...(this.#openRuns?.values() ?? [])];
    this.recalled = { epoch: this.#epoch, values, openRuns };
    return this;
  }

  #mustFit(size: number): void {
    if (this.#bytes + size <= this.#maxBytes) return;
    const detail = `${this.#bytes} bytes wait for a gateway that stores them; more than ${this.#maxBytes} may not`;
    throw new Problem('overloaded', detail, { retryAfterSeconds: 10 });
  }

  #follow({ payload }: SaidMessage): void {
    for (const run of runsIn(payload)) {
      if (run.timeEnded !== undefined) this.#openRuns?.delete(run.id);
      else {
        this.#openRuns ??= new Map();
        this.#openRuns.set(run.id, run);
      }
    }
  }
}

/** The default of a servient: what its Things say waits in memory until a gateway has stored it, and ends with the process. */
export class VolatileMemory implements ThingMemory {
  readonly #maxBytes: number;
  readonly #outboxes = new Map<ThingId, MemoryOutbox>();

  /** @param maxBytes how much may wait for each Thing. Default 1 MiB. */
  constructor(maxBytes: number = outboxBytesByDefault) {
    this.#maxBytes = maxBytes;
  }

  async open(thing: ThingId): Promise<MemoryOutbox> {
    let outbox = this.#outboxes.get(thing);
    if (outbox === undefined) {
      outbox = new MemoryOutbox(this.#maxBytes);
      this.#outboxes.set(thing, outbox);
    }
    return outbox.reopen();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function sizeOf({ payload }: SaidMessage): number {
  return payload.bytes().byteLength;
}

/** The runs that a message of the part `action` speaks of. */
export function runsIn(payload: Payload): readonly ActionStatus[] {
  const { $: _, ...runs } = payload.json() as JsonObject;
  return Object.entries(runs).map(
    ([action, run]) => ({ ...(run as JsonObject), action }) as unknown as ActionStatus,
  );
}

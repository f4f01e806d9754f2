import { isNotAfter } from '../bus/envelope.ts';
import type { Topics } from '../bus/topics.ts';
import type { JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus } from '../ports/bus.ts';
import type { EntryStamp } from '../ports/journal.ts';
import { asProblem } from '../problem/problem.ts';
import type { Complaints } from './complaints.ts';
import type { Twin } from './twin.ts';

/** What {@link Acknowledgements} work with. */
export interface AcknowledgementParts {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly complaints: Complaints;
}

/** Tells Things on `stored` up to where what they said is kept: they need not say it again. */
export class Acknowledgements {
  readonly #with: AcknowledgementParts;
  /** Whom to tell in this tick: one commit stores many messages, and only the last of each Thing is told. */
  readonly #due = new Map<Twin, EntryStamp>();

  constructor(parts: AcknowledgementParts) {
    this.#with = parts;
  }

  /** Everything up to `stamp` is kept. */
  tell(twin: Twin, stamp: EntryStamp): void {
    const due = this.#due.get(twin);
    if (due !== undefined && isNotAfter(stamp, due)) return;
    if (this.#due.size === 0) queueMicrotask(() => this.#tellAll());
    this.#due.set(twin, stamp);
  }

  /** The first word of it was lost. */
  tellAgain(twin: Twin, stamp: EntryStamp): void {
    this.tell(twin, stamp);
  }

  #tellAll(): void {
    const { bus, topics, complaints } = this.#with;
    for (const [twin, { e, s }] of this.#due) {
      const stored: JsonValue = { e, s };
      bus.publish(topics.at(twin.level, 'stored'), Payload.of(stored)).catch((error: unknown) => {
        complaints.raise(twin, 'stored', asProblem(error));
      });
    }
    this.#due.clear();
  }
}

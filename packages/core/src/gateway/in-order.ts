import { isNotAfter, type Stamp } from '../bus/envelope.ts';
import type { JsonObject } from '../data/json.ts';
import type { EntryStamp } from '../ports/journal.ts';
import type { Twin } from './twin.ts';

/** A message of a Thing, taken apart. */
export interface Said<S extends Stamp | undefined = Stamp | undefined> {
  readonly part: 'values' | 'event' | 'action';
  readonly members: JsonObject;
  readonly stamp: S;
  /** Whether the broker had kept it. */
  readonly retain: boolean;
}

/** What {@link InOrder} works with. */
export interface InOrderParts {
  /** Asks a Thing to say again all that was never acknowledged, and its values; resolves when it has. */
  readonly sayAgain: (twin: Twin) => Promise<unknown>;
  /** Takes in what is next. */
  readonly take: (twin: Twin, said: Said<Stamp>) => void;
  /** Told of what was taken in before: its acknowledgement was lost. */
  readonly again: (twin: Twin, heard: EntryStamp) => void;
}

/** More of one Thing is not held back; what is dropped was not acknowledged, so the Thing will say it again. */
const mostHeld = 100_000;

/**
 * Lets what Things say through in the order in which they said it, each message once.
 *
 * Where something was missed, the Thing says it again; what comes meanwhile is held back, and then taken in its order.
 * So nothing is passed over that a Thing keeps in its outbox.
 */
export class InOrder {
  readonly #with: InOrderParts;
  readonly #held = new Map<Twin, Said<Stamp>[]>();

  constructor(parts: InOrderParts) {
    this.#with = parts;
  }

  /** Takes a message in, holds it back, or drops it as known. */
  hear(twin: Twin, said: Said<Stamp>): void {
    const held = this.#held.get(twin);
    if (held !== undefined) {
      if (held.length < mostHeld) held.push(said);
      return;
    }
    const { heard } = twin;
    if (heard !== undefined && isNotAfter(said.stamp, heard)) {
      if (!said.retain) this.#with.again(twin, heard);
      return;
    }
    if (hasMissed(twin, said.stamp)) this.catchUp(twin, said);
    else this.#take(twin, said);
  }

  /** Has a Thing say again what may have been missed; `first` came too early. */
  catchUp(twin: Twin, first?: Said<Stamp>): void {
    if (this.#held.has(twin)) return;
    this.#held.set(twin, first === undefined ? [] : [first]);
    // Whoever waits until what the Thing said is stored waits for what it says again, too.
    const stored = this.#catchUp(twin).then(async () => {
      if (twin.stored !== stored) await twin.stored;
    });
    stored.catch(() => {});
    twin.stored = stored;
  }

  /** What is held back of a Thing will not be taken in any more. */
  forget(twin: Twin): void {
    this.#held.delete(twin);
  }

  async #catchUp(twin: Twin): Promise<void> {
    try {
      await this.#with.sayAgain(twin);
    } catch {
      // A Thing that is gone says all of it again when it is back. One that is there and silent has nothing more to say.
      if (!twin.liveness.online) return this.forget(twin);
    }
    const held = this.#held.get(twin) ?? [];
    this.#held.delete(twin);
    held.sort(byStamp);
    for (const said of held) {
      if (twin.heard === undefined || !isNotAfter(said.stamp, twin.heard)) this.#take(twin, said);
    }
    if (twin.heard !== undefined) this.#with.again(twin, twin.heard);
  }

  #take(twin: Twin, said: Said<Stamp>): void {
    twin.heard = { e: said.stamp.e, s: said.stamp.s };
    this.#with.take(twin, said);
  }
}

/** Before its birth a Thing says again what it keeps, from which older values are left out: there a gap is none. */
function hasMissed({ liveness, birth, heard }: Twin, { e, s }: Stamp): boolean {
  if (!liveness.online || birth?.e !== e) return false;
  return s > (heard?.e === e ? heard.s : 0) + 1;
}

function byStamp({ stamp: a }: Said<Stamp>, { stamp: b }: Said<Stamp>): number {
  return a.e - b.e || a.s - b.s;
}

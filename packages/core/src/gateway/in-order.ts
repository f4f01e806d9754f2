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
  /** Shows values that the broker had kept, until what came before them is taken in: a Thing that is gone says no more. */
  readonly show: (twin: Twin, said: Said<Stamp>) => void;
  /** Told of what was taken in before: its acknowledgement was lost. */
  readonly again: (twin: Twin, heard: EntryStamp) => void;
}

/** More of one Thing is not held back; what is dropped was not acknowledged, so the Thing will say it again. */
const mostHeld = 100_000;

/** How often a Thing is asked to say again what was missed; after that its next message is the next occasion. */
const mostTries = 3;

/**
 * Lets what Things say through in the order in which they said it, each message once.
 *
 * Where something was missed, the Thing says it again; what comes meanwhile is held back, and then taken in its order.
 * So nothing is passed over that a Thing keeps in its outbox.
 */
export class InOrder {
  readonly #with: InOrderParts;
  readonly #held = new Map<Twin, Said<Stamp>[]>();
  /** Things whose announcement is heard from its beginning on, and that are not born yet. */
  readonly #announcing = new Set<Twin>();

  constructor(parts: InOrderParts) {
    this.#with = parts;
  }

  /** Takes a message in, holds it back, or drops it as known. */
  hear(twin: Twin, said: Said<Stamp>): void {
    if (said.stamp.s === 0) {
      // No Thing counts from 0: a gateway has told its broker what was stored.
      this.#show(twin, said);
      return;
    }
    const held = this.#held.get(twin);
    if (held !== undefined) {
      if (held.length < mostHeld) held.push(said);
      this.#show(twin, said);
      return;
    }
    const { heard } = twin;
    if (heard !== undefined && isNotAfter(said.stamp, heard)) {
      if (!said.retain) this.#with.again(twin, heard);
      return;
    }
    if (this.#hasMissed(twin, said.stamp)) {
      this.#show(twin, said);
      this.catchUp(twin, said);
    } else this.#take(twin, said);
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

  /** A Thing begins to announce itself: all that it keeps comes now. */
  announces(twin: Twin): void {
    this.#announcing.add(twin);
  }

  /** Its announcement has come to the birth, after which it says nothing older. */
  born(twin: Twin): void {
    this.#announcing.delete(twin);
  }

  /** The connection was lost: what was being announced will be announced anew. */
  interrupted(): void {
    this.#announcing.clear();
  }

  /** What is held back of a Thing will not be taken in any more. */
  forget(twin: Twin): void {
    this.#held.delete(twin);
    this.#announcing.delete(twin);
  }

  #show(twin: Twin, said: Said<Stamp>): void {
    const { retain, part, stamp } = said;
    if (!retain || part !== 'values') return;
    if (twin.heard === undefined || !isNotAfter(stamp, twin.heard)) this.#with.show(twin, said);
  }

  async #catchUp(twin: Twin): Promise<void> {
    const problem = await this.#sayAgain(twin);
    if (problem !== undefined) {
      this.#held.delete(twin);
      throw problem;
    }
    const held = this.#held.get(twin) ?? [];
    this.#held.delete(twin);
    held.sort(byStamp);
    for (const said of held) {
      if (twin.heard === undefined || !isNotAfter(said.stamp, twin.heard)) this.#take(twin, said);
    }
    if (twin.heard !== undefined) this.#with.again(twin, twin.heard);
  }

  /**
   * Resolves with why a Thing did not say all of it again: then nothing that came later may be taken for stored. A device
   * without answers that is silent keeps nothing, and has nothing more to say.
   */
  async #sayAgain(twin: Twin): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#with.sayAgain(twin);
        return undefined;
      } catch (problem) {
        if (twin.liveness.online && !twin.answers) return undefined;
        if (!twin.liveness.online || tries === mostTries) return problem;
      }
    }
  }

  /** While it announces itself, a Thing says again what it keeps, from which older values are left out: there a gap is none. */
  #hasMissed(twin: Twin, { e, s }: Stamp): boolean {
    if (this.#announcing.has(twin)) return false;
    return s > (twin.heard?.e === e ? twin.heard.s : 0) + 1;
  }

  #take(twin: Twin, said: Said<Stamp>): void {
    twin.heard = { e: said.stamp.e, s: said.stamp.s };
    this.#with.take(twin, said);
  }
}

function byStamp({ stamp: a }: Said<Stamp>, { stamp: b }: Said<Stamp>): number {
  return a.e - b.e || a.s - b.s;
}

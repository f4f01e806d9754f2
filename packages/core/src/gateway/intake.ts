import { isStamp, openEnvelope, type Stamp } from '../bus/envelope.ts';
import type { ThingTopic, Topics } from '../bus/topics.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus, BusMessage } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import type { MakeCache } from '../td/makes.ts';
import { idOfLevel, type ThingId } from '../td/thing-id.ts';
import { type CheckCompiler, checkValue } from '../thing/affordance-checks.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { readActionStatus } from './action-message.ts';
import type { Complaints } from './complaints.ts';
import type { Confirmations } from './confirmations.ts';
import { InOrder, type Said } from './in-order.ts';
import { readStatus } from './liveness.ts';
import type { OpenRuns } from './open-runs.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { RunBook } from './run-book.ts';
import { Twin } from './twin.ts';
import type { TwinRegistry } from './twin-registry.ts';
import type { Watchers } from './watchers.ts';
import type { Wishes } from './wishes.ts';

/** An epoch further ahead than this is a broken clock or a forgery. */
const dayMs = 86_400_000;

/** How many Things may speak before their TD is known; the oldest is forgotten first. */
const earlyLevels = 1_000;

/** What a Thing says that the gateway takes in. */
export type IntakePart = Extract<ThingTopic, 'td' | 'status' | 'values' | 'event' | 'action'>;

/** What an {@link Intake} works with. */
export interface IntakeParts {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly registry: TwinRegistry;
  readonly watchers: Watchers;
  readonly complaints: Complaints;
  readonly confirmations: Confirmations;
  readonly makes: MakeCache;
  readonly checks: CheckCompiler;
  /** Where what Things say is kept; left out, nothing is. */
  readonly records: RecordKeeper | undefined;
  /** Told what was taken in, where that is all that becomes of it; left out, nobody is. */
  readonly taken: Acknowledgements | undefined;
  /** Asks a Thing to say again all that was never acknowledged, and its values; resolves when it has. */
  readonly sayAgain: (twin: Twin) => Promise<unknown>;
  readonly book: RunBook;
  readonly openRuns: OpenRuns;
  /** What waits for absent Things; left out, nothing does. */
  readonly wishes: Wishes | undefined;
  /** Things whose announcements are not taken in. */
  readonly ignores: (id: ThingId) => boolean;
}

/** Takes in what Things say: the only place where twins change. What is wrong with it is told to its author, and changes nothing. */
export class Intake {
  readonly #with: IntakeParts;
  /** What came before the TD it belongs to, since topics overtake one another on reconnecting. */
  readonly #early = new Map<string, Map<IntakePart, BusMessage>>();
  /** In which order what Things say is taken in, and what is missing of it. */
  readonly order: InOrder;

  constructor(parts: IntakeParts) {
    this.#with = parts;
    const { clock } = parts;
    this.order = new InOrder({
      sayAgain: parts.sayAgain,
      take: (twin, said) => this.#take(twin, said),
      show: (twin, { members, stamp }) => {
        const time = Math.min(stamp.t, clock.now());
        for (const [name, value] of Object.entries(members)) twin.show(name, value, time);
      },
      again: (twin, heard) => (parts.records ?? parts.taken)?.tellAgain(twin, heard),
    });
  }

  /** Takes one message in. */
  hear(part: IntakePart, message: BusMessage): void {
    const { registry, topics, complaints } = this.#with;
    const level = topics.levelOf(message.topic);
    if (level === undefined) return;
    const twin = registry.at(level);
    try {
      if (part === 'td') this.#td(level, message);
      else if (twin === undefined) this.#keepEarly(level, part, message);
      else this.#fromTwin(twin, part, message);
    } catch (error) {
      const id = twin?.id ?? idOfLevel(level);
      if (id !== undefined) complaints.raise({ id, level }, part, asProblem(error));
    }
  }

  #td(level: string, { payload, retain }: BusMessage): void {
    const { registry, watchers, makes, checks, clock } = this.#with;
    const id = idOfLevel(level);
    if (id === undefined) return;
    const known = registry.get(id);
    if (known !== undefined && known.level !== level) {
      throw new Problem('conflict', `${id} already speaks from things/${known.level}`);
    }
    if (payload.isEmpty) {
      this.#early.delete(level);
      if (known !== undefined) this.#remove(known);
      return;
    }
    if (this.#with.ignores(id)) return;
    const { head, shape } = makes.read(payload.text(), id);
    if (known !== undefined && !retain) this.order.announces(known);
    if (known !== undefined && known.head === head && known.shape === shape) return;
    const description = { head, shape, checks: checks.of(shape) };
    if (known !== undefined) {
      known.redescribe(description);
      watchers.tell({ kind: 'updated', thing: known });
      return;
    }
    const twin = new Twin(id, level, description, clock.now());
    const stored = this.#with.records?.restore(twin);
    if (stored !== undefined) this.#with.wishes?.restore(twin, stored);
    registry.add(twin);
    if (!retain) this.order.announces(twin);
    watchers.tell({ kind: 'created', thing: twin });
    this.#with.openRuns.restored(twin);
    this.#replayEarly(level);
  }

  #remove(twin: Twin): void {
    this.#with.registry.delete(twin);
    this.order.forget(twin);
    this.#with.wishes?.forget(twin);
    this.#with.records?.forget(twin);
    this.#with.records?.keep(twin, { kind: 'forgotten', thing: twin.id, time: this.#now() });
    twin.runs.failOpen(new Problem('thing-not-found', `${twin.id} was removed`), this.#now());
    this.#with.watchers.tell({ kind: 'removed', thing: twin });
  }

  #fromTwin(twin: Twin, part: Exclude<IntakePart, 'td'>, { payload, retain }: BusMessage): void {
    if (payload.isEmpty) return;
    if (part === 'status') {
      this.#status(twin, payload, retain);
      return;
    }
    const { members, stamp } = openEnvelope<Stamp>(payload, isStamp);
    if (stamp !== undefined) {
      this.#mustBePlausible(stamp.e);
      this.order.hear(twin, { part, members, stamp, retain });
    } else if (!twin.answers) this.#take(twin, { part, members, stamp, retain });
    else throw new Problem('payload-invalid', `a Thing of protocol 1 must put '$' on its ${part}`);
  }

  #take(twin: Twin, said: Said): void {
    const { part, members, stamp, retain } = said;
    const { clock, complaints, taken, wishes } = this.#with;
    const time = Math.min(stamp?.t ?? Number.POSITIVE_INFINITY, clock.now());
    try {
      if (part === 'values') this.#values(twin, members, stamp, time);
      else if (part === 'event') this.#event(twin, members, stamp, time);
      else this.#action(twin, members, stamp);
    } catch (error) {
      complaints.raise(twin, part, asProblem(error));
    }
    if (stamp !== undefined) taken?.tell(twin, stamp);
    if (!retain) wishes?.heard(twin, part === 'values' ? members : undefined);
  }

  #askForValues(twin: Twin): void {
    const { bus, topics, complaints } = this.#with;
    bus.publish(topics.at(twin.level, 'get'), Payload.empty).catch((error: unknown) => {
      complaints.raise(twin, 'get', asProblem(error));
    });
  }

  #status(twin: Twin, payload: Payload, isReplay: boolean): void {
    const word = readStatus(payload);
    if (word.stamp !== undefined) this.#mustBePlausible(word.stamp.e);
    if (!word.standsAgainst(twin.birth, isReplay)) return;
    twin.seen = this.#now();
    if (word.online) this.order.born(twin);
    if (word.online || twin.birth === undefined) twin.answers = word.answers;
    if (word.online) {
      twin.birth = word.stamp;
      // Without a battery a clock may have gone back; a later boot is known by its messages.
      const isEarlier = twin.heard !== undefined && (word.stamp?.e ?? 0) < twin.heard.e;
      if (word.stamp !== undefined && isEarlier && !isReplay)
        twin.heard = { e: word.stamp.e, s: 0 };
    }
    this.setOnline(twin, word.online);
    if (!word.online) return;
    this.#with.openRuns.born(twin);
    // Whoever was born before we listened may have spoken to nobody.
    if (isReplay && twin.answers) this.order.catchUp(twin);
    else if (twin.isUnsure) this.#askForValues(twin);
    this.#with.wishes?.back(twin);
  }

  /** Says that a Thing can be reached, or cannot. */
  setOnline(twin: Twin, online: boolean): void {
    if (twin.liveness.online === online) return;
    twin.liveness = { online, since: this.#now() };
    this.#with.watchers.tell({ kind: 'liveness', thing: twin, liveness: twin.liveness });
  }

  #values(twin: Twin, members: JsonObject, stamp: Stamp | undefined, time: number): void {
    const { watchers, confirmations, records } = this.#with;
    twin.seen = this.#now();
    const names = Object.keys(members);
    const news: Record<string, JsonValue> = Object.create(null);
    for (const name of names) {
      const value = members[name] as JsonValue;
      try {
        if (!twin.shape.properties.has(name)) {
          throw new Problem('property-not-found', `the TD has no property '${name}'`);
        }
        checkValue(twin.checks.properties.get(name), value, `'${name}'`, name);
      } catch (error) {
        this.#with.complaints.raise(twin, `values/${name}`, asProblem(error));
        continue;
      }
      const state = twin.confirm(name, value, time);
      if (state === undefined) continue;
      news[name] = value;
      watchers.tell({ kind: 'property', thing: twin, name, state });
    }
    if (stamp !== undefined || Object.keys(news).length > 0) {
      records?.keep(twin, { kind: 'values', thing: twin.id, stamp, time, values: news });
    }
    confirmations.heard(twin.id, names);
  }

  #event(twin: Twin, members: JsonObject, stamp: Stamp | undefined, time: number): void {
    const last = Object.keys(members).at(-1);
    for (const [name, body] of Object.entries(members)) {
      const check = twin.checks.events.get(name);
      if (check === undefined)
        throw new Problem('event-not-found', `the TD has no event '${name}'`);
      const { data, timestamp } = (body ?? {}) as { data?: JsonValue; timestamp?: string };
      checkValue(check, data, `event '${name}'`, name, 'data');
      const happened = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
      const when = Number.isNaN(happened) ? time : happened;
      this.#with.records?.keep(twin, {
        kind: 'event',
        thing: twin.id,
        stamp: name === last ? stamp : undefined,
        time: when,
        name,
        data,
      });
      this.#with.watchers.tell({ kind: 'event', thing: twin, name, data, time: when });
    }
  }

  #action(twin: Twin, members: JsonObject, stamp: Stamp | undefined): void {
    const last = Object.keys(members).at(-1);
    for (const [name, body] of Object.entries(members)) {
      if (!twin.shape.actions.has(name)) {
        throw new Problem('action-not-found', `the TD has no action '${name}'`);
      }
      const status = readActionStatus(name, body, twin.runs, this.#now());
      this.#with.book.enter(twin, status, { stamp: name === last ? stamp : undefined });
    }
  }

  #mustBePlausible(epoch: number): void {
    if (epoch <= this.#now() + dayMs) return;
    throw new Problem('payload-invalid', `epoch ${epoch} is more than a day ahead`);
  }

  #now(): number {
    return this.#with.clock.now();
  }

  #keepEarly(level: string, part: IntakePart, message: BusMessage): void {
    if ((part !== 'status' && part !== 'values') || message.payload.isEmpty) return;
    const parts = this.#early.get(level) ?? new Map<IntakePart, BusMessage>();
    parts.set(part, message);
    this.#early.set(level, parts);
    if (this.#early.size <= earlyLevels) return;
    for (const oldest of this.#early.keys()) {
      this.#early.delete(oldest);
      return;
    }
  }

  #replayEarly(level: string): void {
    const parts = this.#early.get(level);
    this.#early.delete(level);
    for (const part of ['status', 'values'] as const) {
      const message = parts?.get(part);
      if (message !== undefined) this.hear(part, message);
    }
  }
}

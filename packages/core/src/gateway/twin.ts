import type { ConnectionStamp, Stamp } from '../bus/envelope.ts';
import type { JsonValue } from '../data/json.ts';
import { ownText } from '../data/own-text.ts';
import type { StoredThing, StoredValue } from '../ports/journal.ts';
import type { ThingRecollection } from '../ports/thing-memory.ts';
import type {
  ActionStatus,
  Liveness,
  PropertyState,
  ThingRecord,
  ThingShape,
} from '../ports/things.ts';
import type { Affordances, ThingDescription } from '../td/thing-description.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { AffordanceChecks } from '../thing/affordance-checks.ts';
import { ActionLedger } from './action-ledger.ts';

/** The last value a Thing confirmed; encoded when first asked for. */
class Confirmed implements PropertyState {
  readonly value: JsonValue;
  readonly version: number;
  time: number;
  confirmed: boolean;
  /** Whether it was only seen on the broker: what is stored of the Thing does not know of it. */
  readonly isHearsay: boolean;
  #json: string | undefined;

  constructor(stored: StoredValue, confirmed: boolean, isHearsay = false) {
    this.isHearsay = isHearsay;
    this.value = stored.value;
    this.version = stored.version;
    this.time = stored.time;
    this.confirmed = confirmed;
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.value);
    return this.#json;
  }

  holds(value: JsonValue): boolean {
    if (this.value === value) return true;
    return typeof value === 'object' && value !== null && this.json === JSON.stringify(value);
  }
}

/** What a Thing says of itself, as the gateway keeps it. */
export interface TwinDescription {
  readonly head: string;
  readonly shape: ThingShape;
}

/** What the gateway knows of one Thing. Ten thousand of them live in one process: every member is paid for. */
export class Twin implements ThingRecord {
  readonly id: ThingId;
  readonly level: string;
  head: string;
  shape: ThingShape;
  checks: AffordanceChecks;
  tdVersion = 1;
  liveness: Liveness;
  answers = false;
  /** The standing birth's stamp: which boot and connection is alive. */
  birth: ConnectionStamp | undefined;
  /** The last message taken in. */
  heard: Pick<Stamp, 'e' | 's'> | undefined;
  /** When it last said something about itself, in milliseconds since 1970. */
  seen: number;
  /** Settles when everything it has said so far is stored, or could not be; `undefined` where there is nothing to wait for. */
  stored: Promise<void> | undefined;
  /** At the places of their properties in the shape. */
  #states: (Confirmed | undefined)[] | undefined;
  #runs: ActionLedger | undefined;

  constructor(
    id: ThingId,
    level: string,
    description: TwinDescription & { checks: AffordanceChecks },
    now: number,
  ) {
    this.id = id;
    this.level = level === id ? id : ownText(level);
    this.head = description.head;
    this.shape = description.shape;
    this.checks = description.checks;
    this.liveness = { online: true, since: now };
    this.seen = now;
  }

  get td(): ThingDescription {
    return {
      ...(JSON.parse(this.head) as ThingDescription),
      ...(JSON.parse(this.shape.affordances) as Affordances),
    };
  }

  /** What a Thing of this process would remember of itself. */
  get recollection(): ThingRecollection {
    const values = [...this.#held()].map(([name, { value }]) => [name, value] as const);
    return { epoch: this.heard?.e ?? 0, values: Object.fromEntries(values), openRuns: [] };
  }

  /** Runs that have not ended. Asking for them makes no ledger where there is none. */
  get openRuns(): readonly ActionStatus[] {
    return this.#runs?.open() ?? [];
  }

  /** The runs of its actions; made when first asked for. */
  get runs(): ActionLedger {
    this.#runs ??= new ActionLedger();
    return this.#runs;
  }

  property(name: string): PropertyState | undefined {
    return this.#stateOf(name);
  }

  /** Takes a new description; values of properties that are gone, or that no longer fit, go with the old one. */
  redescribe({ head, shape, checks }: TwinDescription & { checks: AffordanceChecks }): void {
    const held = [...this.#held()];
    this.head = head;
    this.shape = shape;
    this.checks = checks;
    this.tdVersion++;
    this.#states = undefined;
    for (const [name, state] of held) if (this.#fits(name, state.value)) this.#hold(name, state);
  }

  /** Takes what was stored of it before a restart, as soon as it is made; values that no longer fit are left out. */
  restore({ stamp, values, runs }: StoredThing): void {
    this.heard = stamp;
    for (const [name, stored] of values) {
      if (this.#fits(name, stored.value)) this.#hold(name, new Confirmed(stored, false));
    }
    for (const run of runs) this.runs.restore(run, this.seen);
  }

  /** Whether it holds a value that was restored and that the Thing has not spoken of since. */
  get isUnsure(): boolean {
    return this.#states?.some((state) => state?.confirmed === false) ?? false;
  }

  /** Shows a value that the broker kept, for want of the Thing itself. What the Thing says of it later is still news. */
  show(name: string, value: JsonValue, time: number): void {
    if (!this.#fits(name, value)) return;
    const held = this.#stateOf(name);
    if (held?.holds(value)) held.time = Math.max(held.time, time);
    else {
      const version = (held?.version ?? 0) + 1;
      this.#hold(name, new Confirmed({ value, version, time }, false, true));
    }
  }

  /**
   * Takes a value the Thing said.
   *
   * @returns the new state; `undefined` when it held that value already.
   */
  confirm(name: string, value: JsonValue, time: number): PropertyState | undefined {
    const held = this.#stateOf(name);
    const isSame = held?.holds(value) ?? false;
    if (held !== undefined && isSame && !held.isHearsay) {
      held.time = time;
      held.confirmed = true;
      return undefined;
    }
    const version = (held?.version ?? 0) + (isSame ? 0 : 1);
    const state = new Confirmed({ value, version, time }, true);
    this.#hold(name, state);
    return state;
  }

  #fits(name: string, value: JsonValue): boolean {
    const check = this.checks.properties.get(name);
    return check !== undefined && check(value) === undefined;
  }

  #stateOf(name: string): Confirmed | undefined {
    const property = this.shape.properties.get(name);
    return property && this.#states?.[property.place];
  }

  #hold(name: string, state: Confirmed): void {
    const { properties } = this.shape;
    const property = properties.get(name);
    if (property === undefined) return;
    this.#states ??= new Array(properties.size);
    this.#states[property.place] = state;
  }

  *#held(): Iterable<[name: string, state: Confirmed]> {
    for (const { name, place } of this.shape.properties.values()) {
      const state = this.#states?.[place];
      if (state !== undefined) yield [name, state];
    }
  }
}

import type { JsonObject } from '../data/json.ts';
import { Turns } from '../data/turns.ts';
import type { PropertyState, ReadOptions, WritePropertyOptions } from '../ports/things.ts';
import type { Wish, WriteOutcome } from '../ports/wishes.ts';
import { Problem } from '../problem/problem.ts';
import { checkWrites } from '../thing/affordance-checks.ts';
import type { OpenWrite } from './open-write.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Twin } from './twin.ts';
import { mustBeOnline, type TwinReach, valuesOf } from './twin-reach.ts';
import { noWish, type Wishes } from './wishes.ts';

/** What {@link TwinProperties} works with. */
export interface TwinPropertiesParts {
  readonly reach: TwinReach;
  /** Left out, an acknowledgement means confirmed, not stored. */
  readonly records: RecordKeeper | undefined;
  /** Left out, nothing can be kept for an absent Thing. */
  readonly wishes: Wishes | undefined;
}

/** The properties of all Things: read from the twin, or fresh from the device; written through the bus, or kept for later. */
export class TwinProperties {
  readonly #reach: TwinReach;
  readonly #records: RecordKeeper | undefined;
  readonly #wishes: Wishes | undefined;
  /** Writes with a condition take turns, others go on beside one another: what a turn has compared stays true until its end. */
  readonly #turns = new Turns<Twin>();

  constructor({ reach, records, wishes }: TwinPropertiesParts) {
    this.#reach = reach;
    this.#records = records;
    this.#wishes = wishes;
  }

  async read(twin: Twin, name: string, options: ReadOptions = {}): Promise<PropertyState> {
    mustBeReadable(twin, name);
    if (options.fresh) await this.#refresh(twin, [name], options);
    const state = twin.property(name);
    if (state === undefined) {
      throw new Problem('value-unknown', `${twin.id} has not said its '${name}' yet`);
    }
    return state;
  }

  async readSeveral(
    twin: Twin,
    names?: readonly string[],
    options: ReadOptions = {},
  ): Promise<JsonObject> {
    for (const name of names ?? []) mustBeReadable(twin, name);
    if (options.fresh) await this.#refresh(twin, names ?? [], options);
    return valuesOf(twin, names ?? readableNames(twin));
  }

  write(twin: Twin, values: JsonObject, options: WritePropertyOptions = {}): Promise<JsonObject> {
    return this.#inTurn(twin, options, () => this.#write(twin, values, options));
  }

  writeOrKeep(
    twin: Twin,
    values: JsonObject,
    options: WritePropertyOptions = {},
  ): Promise<WriteOutcome> {
    return this.#inTurn(twin, options, () => this.#writeOrKeep(twin, values, options));
  }

  wishes(twin: Twin): readonly Wish[] {
    return this.#wishes?.list(twin) ?? [];
  }

  async withdraw(twin: Twin, name: string, { expects }: WritePropertyOptions = {}): Promise<void> {
    if (!twin.shape.properties.has(name)) {
      throw new Problem('property-not-found', `${twin.id} has no property '${name}'`);
    }
    if (this.#wishes === undefined) throw noWish(twin, name);
    await this.#wishes.withdraw(twin, name, expects);
  }

  /** A write with a condition waits for all that are under way, and those that come after it wait for it. */
  #inTurn<T>(twin: Twin, options: WritePropertyOptions, work: () => Promise<T>): Promise<T> {
    if (options.expects !== undefined) return this.#turns.take(twin, work);
    const before = this.#turns.under(twin);
    return before === undefined ? work() : before.then(work);
  }

  async #write(twin: Twin, values: JsonObject, options: WritePropertyOptions): Promise<JsonObject> {
    const names = this.#admit(twin, values, options);
    if (names.length === 0) return {};
    mustBeOnline(twin);
    using write = this.#wishes?.watch(twin, names);
    this.#turns.join(twin);
    try {
      const taken = await this.#reach.set(twin, values, options);
      const stored = this.#stored(twin, write);
      if (stored !== undefined) await stored;
      return taken;
    } finally {
      this.#turns.leave(twin);
    }
  }

  async #writeOrKeep(
    twin: Twin,
    values: JsonObject,
    options: WritePropertyOptions,
  ): Promise<WriteOutcome> {
    const names = this.#admit(twin, values, options);
    if (names.length === 0) return { kind: 'written', values: {} };
    using write = this.#wishes?.open(twin, names);
    this.#turns.join(twin);
    try {
      return await this.#setOrKeep(twin, values, options, write);
    } finally {
      this.#turns.leave(twin);
    }
  }

  async #setOrKeep(
    twin: Twin,
    values: JsonObject,
    options: WritePropertyOptions,
    write: OpenWrite | undefined,
  ): Promise<WriteOutcome> {
    const wasSent = twin.liveness.online;
    if (wasSent) {
      const answer = await this.#reach.set(twin, values, options).catch(silence);
      if (!(answer instanceof Problem)) {
        await this.#stored(twin, write);
        return { kind: 'written', values: answer };
      }
      if (write === undefined || write.isOvertaken) throw answer;
    }
    if (write === undefined) {
      const detail = `${twin.id} is offline, and this gateway keeps nothing for later: it has no database`;
      throw new Problem('not-implemented', detail);
    }
    return { kind: 'kept', wishes: await write.keep(values, { ...options, wasSent }) };
  }

  /** Refuses what may not be written at all, or not now; gives the names of what may. */
  #admit(twin: Twin, values: JsonObject, { expects }: WritePropertyOptions): readonly string[] {
    checkWrites(twin.shape, twin.checks, values);
    const names = Object.keys(values);
    if (expects !== undefined) for (const name of names) expects(this.#tag(twin, name));
    if (names.length > 0) this.#records?.mustAccept();
    return names;
  }

  /** By what a writer names what it has seen: the wish that waits, or else the value. */
  #tag(twin: Twin, name: string): string | undefined {
    const state = twin.property(name);
    return this.#wishes?.standing(twin, name)?.tag ?? (state && String(state.version));
  }

  /**
   * Settles when what the Thing has taken is stored: only that is acknowledged. The Thing said its values before it answered.
   * `undefined` where there is nothing to wait for.
   */
  #stored(twin: Twin, write: OpenWrite | undefined): Promise<void> | undefined {
    this.#records?.hurry();
    return write === undefined ? twin.stored : write.taken().then(() => twin.stored);
  }

  async #refresh(twin: Twin, names: readonly string[], options: ReadOptions): Promise<void> {
    mustBeOnline(twin);
    if (twin.answers) await this.#reach.ask(twin, 'get', names, options);
    else if (!(await this.#reach.tell(twin, 'get', names, { ...options, names }))) {
      throw this.#reach.silent(twin, options);
    }
  }
}

function mustBeReadable(twin: Twin, name: string): void {
  const property = twin.shape.properties.get(name);
  if (property === undefined) {
    throw new Problem('property-not-found', `${twin.id} has no property '${name}'`);
  }
  if (property.writeOnly) {
    throw new Problem('property-write-only', `'${name}' of ${twin.id} can only be written`);
  }
}

function readableNames(twin: Twin): readonly string[] {
  const readable = [...twin.shape.properties.values()].filter(({ writeOnly }) => !writeOnly);
  return readable.map(({ name }) => name);
}

/** Why the Thing did not answer, by its own word or for want of one; every other reason is thrown on. */
function silence(reason: unknown): Problem {
  if (reason instanceof Problem && reason.name === 'thing-unreachable') return reason;
  throw reason;
}

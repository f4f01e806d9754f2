import type { JsonObject, JsonValue } from '../data/json.ts';
import type { InteractionOptions, PropertyState, ReadOptions } from '../ports/things.ts';
import { Problem } from '../problem/problem.ts';
import { checkWrites } from '../thing/affordance-checks.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { Twin } from './twin.ts';
import { mustBeOnline, type TwinReach } from './twin-reach.ts';

/** The properties of all Things: read from the twin, or fresh from the device; written through the bus. */
export class TwinProperties {
  readonly #reach: TwinReach;
  readonly #records: RecordKeeper | undefined;

  constructor(reach: TwinReach, records: RecordKeeper | undefined) {
    this.#reach = reach;
    this.#records = records;
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

  async write(
    twin: Twin,
    values: JsonObject,
    options: InteractionOptions = {},
  ): Promise<JsonObject> {
    checkWrites(twin.shape, twin.checks, values);
    const names = Object.keys(values);
    if (names.length === 0) return {};
    this.#records?.mustAccept();
    mustBeOnline(twin);
    const taken = await this.#hand(twin, values, names, options);
    // The Thing said its values before it answered; only what is stored is acknowledged.
    if (twin.stored !== undefined) await twin.stored;
    return taken;
  }

  /** Hands the values to the Thing; resolves with what it has taken. */
  async #hand(
    twin: Twin,
    values: JsonObject,
    names: readonly string[],
    options: InteractionOptions,
  ): Promise<JsonObject> {
    if (twin.answers) return (await this.#reach.ask(twin, 'set', values, options)) as JsonObject;
    const isSaid = await this.#reach.tell(twin, 'set', values, { ...options, names });
    if (!isSaid && !names.every((name) => holds(twin, name, values[name]))) {
      throw this.#reach.silent(twin, options);
    }
    return valuesOf(twin, names);
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

function valuesOf(twin: Twin, names: readonly string[]): JsonObject {
  const values: [string, JsonValue][] = [];
  for (const name of names) {
    const state = twin.property(name);
    if (state !== undefined) values.push([name, state.value]);
  }
  return Object.fromEntries(values);
}

function holds(twin: Twin, name: string, value: JsonValue | undefined): boolean {
  return twin.property(name)?.json === JSON.stringify(value);
}

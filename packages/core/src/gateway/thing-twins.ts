import type { JsonObject, JsonValue } from '../data/json.ts';
import type {
  ActionStatus,
  InteractionOptions,
  InvokeOptions,
  PropertyState,
  ReadOptions,
  ThingNote,
  ThingRecord,
  Things,
  WritePropertyOptions,
} from '../ports/things.ts';
import type { Wish, WriteOutcome } from '../ports/wishes.ts';
import { Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { Twin } from './twin.ts';
import { TwinActions, type TwinActionsParts } from './twin-actions.ts';
import { TwinProperties } from './twin-properties.ts';
import type { TwinRegistry } from './twin-registry.ts';
import type { Watchers } from './watchers.ts';
import type { Wishes } from './wishes.ts';

/** What {@link ThingTwins} works with. */
export interface ThingTwinsParts extends TwinActionsParts {
  readonly registry: TwinRegistry;
  readonly watchers: Watchers;
  readonly wishes: Wishes | undefined;
}

/** The Things as the gateway's doors use them: read from the twins, written through the bus. */
export class ThingTwins implements Things {
  readonly #registry: TwinRegistry;
  readonly #watchers: Watchers;
  readonly #properties: TwinProperties;
  readonly #actions: TwinActions;

  constructor(parts: ThingTwinsParts) {
    this.#registry = parts.registry;
    this.#watchers = parts.watchers;
    this.#properties = new TwinProperties(parts);
    this.#actions = new TwinActions(parts);
  }

  get count(): number {
    return this.#registry.size;
  }

  find(id: string): ThingRecord | undefined {
    return this.#registry.find(id);
  }

  list(): readonly ThingRecord[] {
    return this.#registry.sorted();
  }

  watch(thing: ThingId | 'all', listener: (note: ThingNote) => void): () => void {
    return this.#watchers.add(thing, listener);
  }

  async readProperty(id: string, name: string, options: ReadOptions = {}): Promise<PropertyState> {
    return this.#properties.read(this.#twin(id), name, options);
  }

  async readProperties(
    id: string,
    names?: readonly string[],
    options: ReadOptions = {},
  ): Promise<JsonObject> {
    return this.#properties.readSeveral(this.#twin(id), names, options);
  }

  writeProperties(
    id: string,
    values: JsonObject,
    options: WritePropertyOptions = {},
  ): Promise<JsonObject> {
    const twin = this.#registry.find(id);
    if (twin === undefined) return Promise.reject(noThing(id));
    return this.#properties.write(twin, values, options);
  }

  async writeOrKeep(
    id: string,
    values: JsonObject,
    options: WritePropertyOptions = {},
  ): Promise<WriteOutcome> {
    return this.#properties.writeOrKeep(this.#twin(id), values, options);
  }

  wishes(id: string): readonly Wish[] {
    return this.#properties.wishes(this.#twin(id));
  }

  async withdrawWish(
    id: string,
    name: string,
    options: Pick<WritePropertyOptions, 'expects'> = {},
  ): Promise<void> {
    return this.#properties.withdraw(this.#twin(id), name, options);
  }

  async invokeAction(
    id: string,
    name: string,
    input?: JsonValue,
    options: InvokeOptions = {},
  ): Promise<ActionStatus> {
    return this.#actions.invoke(this.#twin(id), name, input, options);
  }

  queryAction(id: string, name: string, runId: string): ActionStatus {
    return this.#actions.query(this.#twin(id), name, runId);
  }

  queryActions(id: string, name?: string): readonly ActionStatus[] {
    return this.#actions.list(this.#twin(id), name);
  }

  async cancelAction(
    id: string,
    name: string,
    runId: string,
    options: InteractionOptions = {},
  ): Promise<void> {
    return this.#actions.cancel(this.#twin(id), name, runId, options);
  }

  async forgetAction(id: string, name: string, runId: string): Promise<void> {
    return this.#actions.forget(this.#twin(id), name, runId);
  }

  #twin(id: string): Twin {
    const twin = this.#registry.find(id);
    if (twin === undefined) throw noThing(id);
    return twin;
  }
}

function noThing(id: string): Problem {
  return new Problem('thing-not-found', `there is no Thing '${id}'`);
}

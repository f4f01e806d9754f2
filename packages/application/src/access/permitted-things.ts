import {
  type Access,
  type ActionStatus,
  type InteractionOptions,
  type InvokeOptions,
  type JsonObject,
  type JsonValue,
  Problem,
  type PropertyState,
  type ReadOptions,
  type Right,
  type ThingId,
  type ThingNote,
  type ThingRecord,
  type Things,
  type Wish,
  type WriteOutcome,
  type WritePropertyOptions,
} from '@thingtalk/core';
import { type AffordanceKind, noAffordance, notPermitted } from './not-permitted.ts';
import { PermittedRecord } from './permitted-record.ts';
import type { PermittedShapes } from './permitted-shape.ts';

/** Which right it takes to hear of a note. */
const noteRights = {
  property: 'observe',
  event: 'subscribe',
  action: 'invoke',
} as const satisfies Partial<Record<ThingNote['kind'], Right>>;

/**
 * The Things as one visitor may see and use them, by the policy as it is at each call.
 *
 * What it may not see is refused in the very words in which what is absent is; what it sees but may not do, as `forbidden`.
 */
export class PermittedThings implements Things {
  readonly #things: Things;
  readonly #access: Access;
  readonly #shapes: PermittedShapes;
  readonly #records = new WeakMap<ThingRecord, PermittedRecord>();
  #list: readonly ThingRecord[] = [];
  /** What {@link #list} was made of. */
  #from: { readonly all: readonly ThingRecord[]; readonly revision: number } | undefined;

  constructor(things: Things, access: Access, shapes: PermittedShapes) {
    this.#things = things;
    this.#access = access;
    this.#shapes = shapes;
  }

  find(id: string): ThingRecord | undefined {
    const record = this.#things.find(id);
    return record && this.#access.sees(record.id) ? this.#view(record) : undefined;
  }

  /** Made anew only when something has changed: how long it takes does not tell each time how much else there is. */
  list(): readonly ThingRecord[] {
    const all = this.#things.list();
    const { revision } = this.#access;
    if (this.#from?.all === all && this.#from.revision === revision) return this.#list;
    this.#from = { all, revision };
    const seen = all.filter(({ id }) => this.#access.sees(id));
    this.#list = seen.map((record) => this.#view(record));
    return this.#list;
  }

  get count(): number {
    return this.list().length;
  }

  async readProperty(id: string, name: string, options?: ReadOptions): Promise<PropertyState> {
    this.#permit('read', id, 'properties', name);
    return this.#things.readProperty(id, name, options);
  }

  /** What may not be read is left out, though it was asked for by name. */
  async readProperties(
    id: string,
    names?: readonly string[],
    options?: ReadOptions,
  ): Promise<JsonObject> {
    const record = this.#see(id);
    for (const name of names ?? []) this.#check(record, 'properties', name);
    const { properties } = record.shape;
    const wanted =
      names ?? [...properties.keys()].filter((name) => !properties.get(name)?.writeOnly);
    const readable = wanted.filter((name) => this.#access.may('read', record.id, name));
    return readable.length === 0 ? {} : this.#things.readProperties(id, readable, options);
  }

  async writeProperties(
    id: string,
    values: JsonObject,
    options?: WritePropertyOptions,
  ): Promise<JsonObject> {
    const thing = this.#permitWrites(id, values);
    return this.#readable(thing, await this.#things.writeProperties(id, values, options));
  }

  async writeOrKeep(
    id: string,
    values: JsonObject,
    options?: WritePropertyOptions,
  ): Promise<WriteOutcome> {
    const thing = this.#permitWrites(id, values);
    const outcome = await this.#things.writeOrKeep(id, values, options);
    if (outcome.kind === 'kept') return outcome;
    return { kind: 'written', values: this.#readable(thing, outcome.values) };
  }

  wishes(id: string): readonly Wish[] {
    const { shape } = this.#see(id);
    return this.#things.wishes(id).filter(({ name }) => shape.properties.has(name));
  }

  async withdrawWish(
    id: string,
    name: string,
    options?: Pick<WritePropertyOptions, 'expects'>,
  ): Promise<void> {
    this.#permit('write', id, 'properties', name);
    return this.#things.withdrawWish(id, name, options);
  }

  async invokeAction(
    id: string,
    name: string,
    input?: JsonValue,
    options?: InvokeOptions,
  ): Promise<ActionStatus> {
    this.#permit('invoke', id, 'actions', name);
    return this.#things.invokeAction(id, name, input, options);
  }

  queryAction(id: string, name: string, runId: string): ActionStatus {
    this.#permit('invoke', id, 'actions', name);
    return this.#things.queryAction(id, name, runId);
  }

  queryActions(id: string, name?: string): readonly ActionStatus[] {
    if (name !== undefined) this.#permit('invoke', id, 'actions', name);
    const thing = this.#see(id).id;
    const runs = this.#things.queryActions(id, name);
    return runs.filter(({ action }) => this.#access.may('invoke', thing, action));
  }

  async cancelAction(
    id: string,
    name: string,
    runId: string,
    options?: InteractionOptions,
  ): Promise<void> {
    this.#permit('invoke', id, 'actions', name);
    return this.#things.cancelAction(id, name, runId, options);
  }

  async forgetAction(id: string, name: string, runId: string): Promise<void> {
    this.#permit('invoke', id, 'actions', name);
    return this.#things.forgetAction(id, name, runId);
  }

  watch(thing: ThingId | 'all', listener: (note: ThingNote) => void): () => void {
    return this.#things.watch(thing, (note) => {
      if (this.#isFor(note)) listener({ ...note, thing: this.#view(note.thing) });
    });
  }

  #isFor(note: ThingNote): boolean {
    const { id } = note.thing;
    return 'name' in note
      ? this.#access.may(noteRights[note.kind], id, note.name)
      : this.#access.sees(id);
  }

  #view(record: ThingRecord): PermittedRecord {
    const known = this.#records.get(record);
    if (known !== undefined) return known;
    const view = new PermittedRecord(record, this.#access, this.#shapes);
    this.#records.set(record, view);
    return view;
  }

  #see(id: string): ThingRecord {
    const record = this.find(id);
    if (record === undefined) throw new Problem('thing-not-found', `there is no Thing '${id}'`);
    return record;
  }

  #check({ id, shape }: ThingRecord, kind: AffordanceKind, name: string): void {
    if (!shape[kind].has(name)) throw noAffordance(id, kind, name);
  }

  #permit(right: Right, id: string, kind: AffordanceKind, name: string): void {
    const record = this.#see(id);
    this.#check(record, kind, name);
    if (this.#access.may(right, record.id, name)) return;
    throw notPermitted(this.#access, right, record.id, { kind, name });
  }

  /** All that are to be written may be, or none is. */
  #permitWrites(id: string, values: JsonObject): ThingId {
    for (const name of Object.keys(values)) this.#permit('write', id, 'properties', name);
    return this.#see(id).id;
  }

  /** Who may write but not read does not learn by writing what is there. */
  #readable(thing: ThingId, values: JsonObject): JsonObject {
    const entries = Object.entries(values);
    return Object.fromEntries(entries.filter(([name]) => this.#access.may('read', thing, name)));
  }
}

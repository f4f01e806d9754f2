import {
  type Access,
  type Affordances,
  type DirectoryChange,
  type DirectoryEntry,
  type JsonObject,
  type RegisteredEntry,
  ShapeCache,
  type ThingDescription,
  type ThingDirectory,
} from '@thingtalk/core';
import { PermittedShape, type PermittedShapes } from './permitted-shape.ts';

/**
 * A directory as one reader may see it. Its counters tell of what this reader sees, and of nothing else that happens.
 */
export class PermittedDirectory implements ThingDirectory {
  readonly #directory: ThingDirectory;
  readonly #access: Access;
  readonly #shapes: PermittedShapes;
  readonly #split = new ShapeCache();
  readonly #entries = new WeakMap<DirectoryEntry, DirectoryEntry>();
  #list: readonly DirectoryEntry[] = [];
  #revision = 0;
  #membership = 0;
  /** What {@link #list} was made of. */
  #from: { readonly directory: number; readonly access: number } | undefined;

  constructor(directory: ThingDirectory, access: Access, shapes: PermittedShapes) {
    this.#directory = directory;
    this.#access = access;
    this.#shapes = shapes;
  }

  find(id: string): DirectoryEntry | undefined {
    const entry = this.#directory.find(id);
    return entry && this.#access.sees(entry.id) ? this.view(entry) : undefined;
  }

  list(): readonly DirectoryEntry[] {
    this.#follow();
    return this.#list;
  }

  get revision(): number {
    this.#follow();
    return this.#revision;
  }

  get membership(): number {
    this.#follow();
    return this.#membership;
  }

  watch(listener: (change: DirectoryChange) => void): () => void {
    return this.#directory.watch((change) => {
      if (this.#access.sees(change.id)) listener(this.change(change));
    });
  }

  /** A change as this reader may see it. */
  change<C extends DirectoryChange>(change: C): C {
    const { before, after } = change;
    return { ...change, before: before && this.view(before), after: after && this.view(after) };
  }

  /** An entry as this reader may see it: the very same while neither it nor what may be done with it changes. */
  view(entry: DirectoryEntry): DirectoryEntry {
    const known = this.#entries.get(entry);
    const view = entry.kind === 'bus' ? this.#viewBus(entry, known) : this.#viewJson(entry, known);
    if (view !== known) this.#entries.set(entry, view);
    return view;
  }

  #viewBus(entry: Extract<DirectoryEntry, { kind: 'bus' }>, known?: DirectoryEntry) {
    const shape = this.#shapes.of(entry.shape, entry.id, this.#access);
    if (shape === entry.shape) return entry;
    return known?.kind === 'bus' && known.shape === shape ? known : { ...entry, shape };
  }

  #viewJson(entry: RegisteredEntry, known?: DirectoryEntry): DirectoryEntry {
    const td = JSON.parse(entry.json) as JsonObject;
    const { shape } = this.#split.split(td as unknown as ThingDescription);
    const permitted = this.#shapes.of(shape, entry.id, this.#access);
    if (!(permitted instanceof PermittedShape)) return entry;
    const json = JSON.stringify({ ...td, ...permitted.restrict(td as Affordances) });
    return known?.kind === 'registered' && known.json === json ? known : { ...entry, json };
  }

  #follow(): void {
    const directory = this.#directory.revision;
    const access = this.#access.revision;
    if (this.#from?.directory === directory && this.#from.access === access) return;
    this.#from = { directory, access };
    const seen = this.#directory.list().filter(({ id }) => this.#access.sees(id));
    const list = seen.map((entry) => this.view(entry));
    const isSame = (one: DirectoryEntry, at: number) => one === this.#list[at];
    if (list.length !== this.#list.length || !list.every(isSame)) this.#revision++;
    const isMember = ({ id }: DirectoryEntry, at: number) => id === this.#list[at]?.id;
    if (list.length !== this.#list.length || !list.every(isMember)) this.#membership++;
    this.#list = list;
  }
}

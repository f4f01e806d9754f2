import type {
  BusEntry,
  DirectoryChange,
  DirectoryEntry,
  JsonValue,
  LoggedChange,
  RegisteredEntry,
  ShapeCache,
  StoredChange,
  StoredMetadata,
  ThingId,
} from '@thingtalk/core';
import { describedEntry, readDescription } from '../archive/description.ts';
import { metadataCollection, storedMetadata } from './read-metadata.ts';
import { registeredCollection, registeredEntry } from './registered-things.ts';

/** The collections whose changes are those of a directory that keeps the Things of its bus in `descriptions`. */
export function loggedCollections(descriptions: string): readonly string[] {
  return [registeredCollection, metadataCollection, descriptions];
}

/** The directory as it is now, as far as what is recorded does not say it. */
export interface PresentDirectory {
  readonly shapes: ShapeCache;
  registered(id: string): RegisteredEntry | undefined;
  living(id: string): BusEntry | undefined;
  /** With what users added. */
  described(entry: DirectoryEntry): DirectoryEntry;
}

type Version = Pick<StoredChange, 'key' | 'time' | 'version' | 'place'> & {
  readonly value: JsonValue;
};

/** A change of a directory, made of what was stored; entries are put together when somebody asks for them. */
export class RecordedChange implements LoggedChange {
  readonly kind: DirectoryChange['kind'];
  readonly id: ThingId;
  readonly place: number;
  readonly #stored: StoredChange;
  readonly #present: PresentDirectory;

  private constructor(
    kind: DirectoryChange['kind'],
    stored: StoredChange,
    present: PresentDirectory,
  ) {
    this.kind = kind;
    this.id = stored.key as ThingId;
    this.place = stored.place;
    this.#stored = stored;
    this.#present = present;
  }

  /** The change of the directory that a write was; `undefined` when it showed nothing new. */
  static of(stored: StoredChange, present: PresentDirectory): RecordedChange | undefined {
    const kind = kindOf(stored, present);
    return kind && new RecordedChange(kind, stored, present);
  }

  get before(): DirectoryEntry | undefined {
    const { before, version, isCut } = this.#stored;
    if (before === undefined) return isCut ? undefined : this.#beside();
    return this.#entry({ ...this.#stored, ...before, version: version - 1 });
  }

  get after(): DirectoryEntry | undefined {
    const { value } = this.#stored;
    return value === undefined ? this.#beside() : this.#entry({ ...this.#stored, value });
  }

  /** What stands under the same id while this one is not there. */
  #beside(): DirectoryEntry | undefined {
    if (this.kind !== 'thing_updated') return undefined;
    const { collection } = this.#stored;
    const { id } = this;
    const entry = this.#present.living(id) ?? this.#present.registered(id);
    if (collection === metadataCollection) return entry && { ...entry, metadata: undefined };
    return entry && this.#present.described(entry);
  }

  #entry(version: Version): DirectoryEntry | undefined {
    const { collection } = this.#stored;
    const present = this.#present;
    if (collection === metadataCollection) {
      const entry = present.living(this.id) ?? present.registered(this.id);
      const metadata: StoredMetadata = storedMetadata(version);
      return entry && { ...entry, metadata };
    }
    if (collection === registeredCollection) return present.described(registeredEntry(version));
    const description = readDescription(version);
    return description && present.described(describedEntry(this.id, description, present.shapes));
  }
}

function kindOf(
  stored: StoredChange,
  present: PresentDirectory,
): DirectoryChange['kind'] | undefined {
  const { collection, key, before, value } = stored;
  const living = present.living(key);
  const registered = present.registered(key);
  if (collection === metadataCollection) {
    // What users said goes with the Thing, which tells it all; and where another gateway has the Thing, it is told there.
    const isTold = value !== undefined && (living ?? registered) !== undefined;
    return isTold ? 'thing_updated' : undefined;
  }
  const isBus = collection !== registeredCollection;
  if (isBus && value !== undefined && saysTheSame(before?.value, value)) return undefined;
  const isHiding = (isBus ? registered : living) !== undefined;
  if (isHiding) return 'thing_updated';
  if (value === undefined) return 'thing_deleted';
  // Who knows the Thing from before the log begins updates it, and who does not takes all of it for new.
  return before === undefined && !stored.isCut ? 'thing_created' : 'thing_updated';
}

/** Whether two versions of a description differ only in what is not of the Thing Description. */
function saysTheSame(before: JsonValue | undefined, after: JsonValue): boolean {
  const td = (value: JsonValue) =>
    JSON.stringify(readDescription({ value, time: 0, version: 0 })?.td);
  return before !== undefined && td(before) === td(after);
}

import type { Access, Clock, DirectoryEntry, ThingDirectory } from '@thingtalk/core';
import type { DirectoryViews, Reader } from '../access/reader-views.ts';
import { type EntryRenderer, entryTag } from '../td/served-entry.ts';
import { DirectoryListing } from './directory-listing.ts';

/** Of how many readers who may not see all the lists are kept: each may be as long as the whole. */
const maxReaders = 8;

/** What {@link DirectoryListings} work with. */
export interface ListingsParts {
  readonly directory: ThingDirectory;
  readonly directories: DirectoryViews;
  readonly entries: EntryRenderer;
  readonly clock: Clock;
  /** Path of the list: `/things`. */
  readonly mount: string;
}

/** The list of Thing Descriptions of each reader: one for all who see everything, one of its own for each who does not. */
export class DirectoryListings {
  readonly #with: ListingsParts;
  readonly #whole: DirectoryListing;
  readonly #limited = new Map<Access, DirectoryListing>();
  readonly #readers = new WeakMap<Access, string>();
  /** Distinguishes this process's versions from those of the one before. */
  readonly #boot: string;
  #count = 0;

  constructor(parts: ListingsParts) {
    this.#with = parts;
    this.#boot = parts.clock.now().toString(36);
    this.#whole = new DirectoryListing({ ...parts, tag: this.#boot });
  }

  /** The list of whoever asks. */
  for({ access }: Reader): DirectoryListing {
    const directory = this.#with.directories.limited(access);
    if (directory === undefined) return this.#whole;
    const kept = this.#limited.get(access);
    const listing =
      kept ?? new DirectoryListing({ ...this.#with, directory, tag: this.#readerTag(access) });
    // What was asked for last stands last, and goes last.
    this.#limited.delete(access);
    this.#limited.set(access, listing);
    const [oldest] = this.#limited.keys();
    if (this.#limited.size > maxReaders && oldest !== undefined) this.#limited.delete(oldest);
    return listing;
  }

  /** The ETag of an entry as whoever asks sees it: two readers with different rights never share one. */
  tagOf(entry: DirectoryEntry, { access }: Reader): string {
    const tag = entryTag(entry);
    if (access.isUnlimited) return tag;
    return `${tag.slice(0, -1)}-${this.#readerTag(access)}.${access.revision}"`;
  }

  #readerTag(access: Access): string {
    const known = this.#readers.get(access);
    if (known !== undefined) return known;
    const tag = `${this.#boot}.${(++this.#count).toString(36)}`;
    this.#readers.set(access, tag);
    return tag;
  }
}

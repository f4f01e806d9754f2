import type {
  AppendOptions,
  Journal,
  JournalEntry,
  JournalStatus,
  StoredThing,
  ThingId,
} from '@thingtalk/core';
import { GroupCommit, type GroupCommitLimits } from './group-commit.ts';
import type { EventEntry, EventsWanted, JournalReader } from './journal-reader.ts';
import type { SpaceWatch } from './space-watch.ts';
import type { ThingPage } from './thing-page.ts';

/** What a {@link GroupJournal} works with: here, or in another thread. */
export interface GroupJournalParts extends GroupCommitLimits {
  /** Stores a batch by its text, all of it or nothing. */
  readonly commit: (text: string) => Promise<void>;
  readonly reader: Pick<JournalReader, 'page' | 'events'>;
  readonly space: SpaceWatch;
  /** What the status is while the disk is not full. Default: `writing`. */
  readonly status?: () => JournalStatus;
  /** Called once, after the last commit, when the journal is disposed of. */
  readonly close: () => Promise<void>;
}

/** A {@link Journal} over a database. */
export class GroupJournal implements Journal {
  readonly #parts: GroupJournalParts;
  readonly #group: GroupCommit;

  constructor(parts: GroupJournalParts) {
    this.#parts = parts;
    this.#group = new GroupCommit(async (text) => {
      try {
        await parts.commit(text);
      } catch (error) {
        parts.space.notice(error);
        throw error;
      }
    }, parts);
  }

  get status(): JournalStatus {
    const { space, status } = this.#parts;
    return space.status.state === 'full' || status === undefined ? space.status : status();
  }

  append(entry: JournalEntry, options?: AppendOptions): Promise<void> {
    try {
      // What makes space is let through: the ballast was dropped for it.
      if (entry.kind !== 'forgotten') this.#parts.space.admit();
      return this.#group.append(entry, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  hurry(): void {
    this.#group.hurry();
  }

  async *recover(): AsyncGenerator<StoredThing> {
    const { reader } = this.#parts;
    let next: Promise<ThingPage> | undefined = reader.page('');
    while (next !== undefined) {
      const { things, last }: ThingPage = await next;
      next = last === undefined ? undefined : reader.page(last);
      // Asked for while this one is worked on: who stops before it comes does not hear that it failed.
      next?.catch(() => {});
      yield* things;
    }
  }

  events(thing: ThingId, options: EventsWanted): Promise<readonly EventEntry[]> {
    return this.#parts.reader.events(thing, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group.close();
    await this.#parts.close();
  }
}

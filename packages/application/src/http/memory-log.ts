import type {
  Clock,
  DirectoryChange,
  DirectoryLog,
  LoggedChange,
  LogPage,
  ThingDirectory,
} from '@thingtalk/core';

/** How many changes are remembered. */
const remembered = 10_000;

/** The log of a directory that is stored nowhere: it begins anew with each start of the program, after what came before. */
export class MemoryLog implements DirectoryLog, Disposable {
  readonly #clock: Clock;
  readonly #changes: LoggedChange[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #stop: () => void;
  #place: number;
  /** Everything after this is remembered. */
  #horizon: number;

  constructor(directory: ThingDirectory, clock: Clock) {
    this.#clock = clock;
    this.#place = clock.now() * 1_000;
    this.#horizon = this.#place;
    this.#stop = directory.watch((change) => this.#hear(change));
  }

  get place(): number {
    return this.#place;
  }

  async reaches(place: number): Promise<boolean> {
    return place >= this.#horizon && place <= this.#place;
  }

  async read(place: number, limit: number): Promise<LogPage> {
    const changes = this.#changes.filter((change) => change.place > place).slice(0, limit);
    return { changes, place: changes.at(-1)?.place ?? this.#place };
  }

  watch(listener: () => void): () => void {
    const watcher = () => listener();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #hear({ kind, id, before, after }: DirectoryChange): void {
    this.#place = Math.max(this.#place + 1, this.#clock.now() * 1_000);
    this.#changes.push({ kind, id, before, after, place: this.#place });
    if (this.#changes.length > remembered) {
      this.#horizon = this.#changes.shift()?.place ?? this.#horizon;
    }
    for (const watcher of this.#watchers) watcher();
  }
}

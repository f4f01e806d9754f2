import type { WebthingsState } from '../webthings/webthings-messages.ts';
import type { ActionNote } from './notes.ts';

/** How many runs are kept in mind; of the oldest beyond that, the first stages may be told again. */
const remembered = 1_000;

const stages = ['created', 'pending'] as const;

/**
 * Which stages of the webthings dialect a run has come to, whatever the Thing said of it:
 * every run is created, then pending, then ended, each told once.
 */
export class ActionStages {
  readonly #told = new Map<string, number>();
  #note: ActionNote | undefined;
  #news: readonly WebthingsState[] = [];

  /** What is new since the last note of this run; asked again for the same note, the same. */
  news(note: ActionNote): readonly WebthingsState[] {
    if (note !== this.#note) {
      this.#news = this.#advance(note);
      this.#note = note;
    }
    return this.#news;
  }

  #advance({ thing, status }: ActionNote): readonly WebthingsState[] {
    const run = `${thing.level}/${status.id}`;
    const told = this.#told.get(run) ?? 0;
    const end = { completed: 'completed', failed: 'error', pending: undefined, running: undefined }[
      status.status
    ] as WebthingsState | undefined;
    if (end !== undefined) {
      this.#told.delete(run);
      return [...stages.slice(told), end];
    }
    const reached = status.status === 'pending' ? 1 : 2;
    this.#remember(run, Math.max(told, reached));
    return stages.slice(told, reached);
  }

  #remember(run: string, told: number): void {
    this.#told.set(run, told);
    if (this.#told.size <= remembered) return;
    for (const oldest of this.#told.keys()) {
      this.#told.delete(oldest);
      break;
    }
  }
}

import { type Message, textMessage } from './message.ts';
import type { AffordanceNote } from './notes.ts';

/** Renders what happened in one dialect, once for all its readers. */
export class Encoder<N extends AffordanceNote> {
  readonly #render: (note: N) => readonly string[];
  readonly #recalled = new WeakMap<N, readonly Message[]>();
  #note: N | undefined;
  #messages: readonly Message[] = [];

  /** @param render gives the texts that tell a note: mostly one. */
  constructor(render: (note: N) => readonly string[]) {
    this.#render = render;
  }

  /** The messages that tell `note`. */
  messages(note: N): readonly Message[] {
    if (note !== this.#note) {
      this.#messages = this.#encode(note);
      this.#note = note;
    }
    return this.#messages;
  }

  /** The messages that tell a note of the past, kept as long as the note is: many may have missed it together. */
  recall(note: N): readonly Message[] {
    const known = this.#recalled.get(note);
    if (known !== undefined) return known;
    const messages = this.#encode(note);
    this.#recalled.set(note, messages);
    return messages;
  }

  #encode(note: N): readonly Message[] {
    const told: AffordanceNote = note;
    const change = told.kind === 'property' ? told : undefined;
    return this.#render(note).map((text) => textMessage(text, change));
  }
}

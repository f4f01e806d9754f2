import { type Message, textMessage } from './message.ts';
import type { AffordanceNote } from './notes.ts';

/** Renders what happened in one dialect, once for all its readers. */
export class Encoder<N extends AffordanceNote> {
  readonly #render: (note: N) => readonly string[];
  #note: N | undefined;
  #messages: readonly Message[] = [];

  /** @param render gives the texts that tell a note: mostly one. */
  constructor(render: (note: N) => readonly string[]) {
    this.#render = render;
  }

  /** The messages that tell `note`. */
  messages(note: N): readonly Message[] {
    if (note !== this.#note) {
      const told: AffordanceNote = note;
      const change = told.kind === 'property' ? told : undefined;
      this.#messages = this.#render(note).map((text) => textMessage(text, change));
      this.#note = note;
    }
    return this.#messages;
  }
}

import { type Command, commands } from '../bus/topics.ts';
import type { JsonObject, JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus, BusMessage, Will } from '../ports/bus.ts';
import { asProblem, type Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { ServientContext } from './servient.ts';

/** Who stands behind a {@link ThingVoice}: what it is, what it holds, and what it does when asked. */
export interface Speaker {
  readonly id: ThingId;
  /** Its Thing Description, as JSON text. */
  readonly td: string;
  /** All values it has, for an announcement. */
  snapshot(): Record<string, JsonValue>;
  /** Carries a command out; the answer is what goes back to whoever asked. */
  obey(command: Command, payload: Payload): JsonValue | Promise<JsonValue>;
}

const retained = { retain: true } as const;

/**
 * What an exposed Thing says and hears on the bus: its announcement, its stamped messages, its answers.
 *
 * Birth, will and death stand on one topic; each connection counts, so that the will of an old one cannot bury a new one.
 */
export class ThingVoice {
  readonly #context: ServientContext;
  readonly #speaker: Speaker;
  /** Of this Thing's topics: `things/<level>/`. */
  readonly #root: string;
  readonly #epoch: number;
  #sequence = 0;
  #connections = 0;
  #bus: Bus | undefined;

  constructor(context: ServientContext, speaker: Speaker) {
    this.#context = context;
    this.#speaker = speaker;
    this.#root = context.topics.of(speaker.id, 'td').slice(0, -'td'.length);
    this.#epoch = context.nextEpoch();
  }

  /** Whether what is said is heard by anyone. */
  get isOpen(): boolean {
    return this.#bus !== undefined;
  }

  /** Opens a session of its own, listens for commands and announces the Thing, now and after each reconnect. */
  async open(): Promise<void> {
    const session = await this.#context.bus.session({
      will: () => this.#will(),
      onConnect: () => this.#announce(),
    });
    for (const command of commands) {
      const { length } = this.#root + command;
      await session.subscribe(`${this.#root}${command}/#`, (message) =>
        this.#hear(command, message, message.topic.slice(length + 1)),
      );
    }
    this.#bus = session;
    this.#announce();
  }

  /** Says something that happened, under the next number of this boot. */
  say(part: 'values' | 'event' | 'action', members: Record<string, JsonValue>): void {
    if (this.#bus === undefined) return;
    members.$ = { e: this.#epoch, s: ++this.#sequence, t: this.#context.clock.now() };
    this.#send(part, Payload.of(members), part === 'values' ? retained : undefined);
  }

  /** Ends in good order. The Thing stays known as offline, or with `forget` is cleared from the bus. */
  async leave({ forget }: { readonly forget: boolean }): Promise<void> {
    const bus = this.#bus;
    if (bus === undefined) return;
    this.#bus = undefined;
    if (forget) {
      for (const part of ['td', 'values', 'status']) {
        await bus.publish(this.#root + part, Payload.empty, retained);
      }
    } else await bus.publish(`${this.#root}status`, this.#status(false), retained);
    await bus.drain();
  }

  #announce(): void {
    this.#send('td', Payload.ofText(this.#speaker.td), retained);
    this.#send('status', this.#status(true), retained);
    const values = this.#speaker.snapshot();
    if (Object.keys(values).length > 0) this.say('values', values);
  }

  /** A connection that is being opened counts from here on, so that its will names it. */
  #will(): Will {
    this.#connections++;
    return { topic: `${this.#root}status`, payload: this.#status(false), retain: true };
  }

  #status(online: boolean): Payload {
    return Payload.of({ online, protocol: 1, $: { e: this.#epoch, c: this.#connections } });
  }

  #hear(command: Command, { payload, retain }: BusMessage, address: string): void {
    // A retained command is an old one: replaying it would move a motor nobody asked to move now.
    if (retain) return;
    try {
      const answer = this.#speaker.obey(command, payload);
      if (answer instanceof Promise) void this.#answerLater(address, answer);
      else this.#answer(address, { ok: answer });
    } catch (error) {
      this.#refuse(address, error);
    }
  }

  async #answerLater(address: string, answer: Promise<JsonValue>): Promise<void> {
    try {
      this.#answer(address, { ok: await answer });
    } catch (error) {
      this.#refuse(address, error);
    }
  }

  #answer(address: string, answer: JsonObject): void {
    if (address !== '') this.#send(`reply/${address}`, Payload.of(answer));
  }

  #refuse(address: string, error: unknown): void {
    const { id } = this.#speaker;
    const problem: Problem = asProblem(error, (bug, incident) =>
      this.#context.logger.error({ thing: id, error: bug, incident }, 'a handler failed'),
    );
    const details = problem.toJSON() as unknown as JsonObject;
    if (address !== '') this.#answer(address, { problem: details });
    else this.#send('error', Payload.of(details));
  }

  /** What cannot be sent is not lost from sight: the snapshot after reconnecting holds it. */
  #send(part: string, payload: Payload, options?: { readonly retain: true }): void {
    this.#bus?.publish(this.#root + part, payload, options).catch((error: unknown) => {
      this.#context.logger.warn({ thing: this.#speaker.id, part, error }, 'could not be published');
    });
  }
}

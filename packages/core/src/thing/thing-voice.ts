import { isNotAfter } from '../bus/envelope.ts';
import { type Command, commands } from '../bus/topics.ts';
import type { KeptText } from '../data/alike-texts.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { Payload } from '../data/payload.ts';
import type { Bus, BusMessage, Will } from '../ports/bus.ts';
import type { Timer } from '../ports/clock.ts';
import type { EntryStamp } from '../ports/journal.ts';
import type { SaidMessage, ThingOutbox, ThingRecollection } from '../ports/thing-memory.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { ServientContext } from './servient.ts';

/** Who stands behind a {@link ThingVoice}: what it is, what it holds, and what it does when asked. */
export interface Speaker {
  readonly id: ThingId;
  /** Its Thing Description, as JSON text. */
  readonly td: KeptText;
  /** All values it has, for an announcement. */
  snapshot(): Record<string, JsonValue>;
  /** Carries a command out; the answer is what goes back to whoever asked. */
  obey(command: Command, payload: Payload): JsonValue | Promise<JsonValue>;
}

const retained = { retain: true } as const;

/** After so long what the bus did not take is said again, in milliseconds. */
const repeatMs = 1_000;

/** Somebody who waits until a message is stored. */
interface Waiting extends PromiseWithResolvers<void> {
  readonly stamp: EntryStamp;
}

/**
 * What an exposed Thing says and hears on the bus: its announcement, its stamped messages, its answers.
 *
 * Birth, will and death stand on one topic; each connection counts, so that the will of an old one cannot bury a new one.
 * What was said is kept in the outbox until a gateway has stored it, and said again after each connect, in the same order.
 */
export class ThingVoice {
  readonly #context: ServientContext;
  readonly #speaker: Speaker;
  /** Of this Thing's topics: `things/<level>/`. */
  readonly #root: string;
  #epoch = 0;
  #sequence = 0;
  #connections = 0;
  #outbox: ThingOutbox | undefined;
  #bus: Bus | undefined;
  /** Whether what is said goes out at once; else it waits for its turn behind what was said before. */
  #isLive = false;
  #repeat: Timer | undefined;
  #waiting: Waiting[] | undefined;

  constructor(context: ServientContext, speaker: Speaker) {
    this.#context = context;
    this.#speaker = speaker;
    this.#root = context.topics.of(speaker.id, 'td').slice(0, -'td'.length);
  }

  /** Whether what is said is heard by anyone. */
  get isOpen(): boolean {
    return this.#bus !== undefined;
  }

  /** Begins a new life of the Thing; resolves with what is known of the last one. */
  async recall(): Promise<ThingRecollection | undefined> {
    const outbox = await this.#context.memory.open(this.#speaker.id);
    const { recalled } = outbox;
    this.#epoch = this.#context.nextEpoch(recalled?.epoch ?? 0);
    // A life that still owes something begins to count at 2: who has not heard all of the earlier one notices the gap.
    this.#sequence = outbox.isEmpty ? 0 : 1;
    this.#outbox = outbox;
    return recalled;
  }

  /** Opens a session of its own, listens for commands and announces the Thing, now and after each reconnect. */
  async open(): Promise<void> {
    const session = await this.#context.bus.session({
      will: () => this.#will(),
      onConnect: () => this.#announce(),
    });
    for (const command of commands) {
      await session.subscribe(this.#context.topics.commands(this.#speaker.id, command), this.#hear);
    }
    if (this.#outbox?.keeps) {
      await session.subscribe(`${this.#root}stored`, this.#hear);
      session.onStatus(({ state }) => {
        if (state !== 'connected') this.#isLive = false;
      });
    }
    this.#bus = session;
    this.#announce();
  }

  /**
   * Says something that happened, under the next number of this boot.
   *
   * @throws {@link Problem} of {@link ThingOutbox.add}: then it was not said.
   */
  say(part: SaidMessage['part'], members: Record<string, JsonValue>): void {
    const outbox = this.#outbox;
    if (outbox === undefined) return;
    const stamp = { e: this.#epoch, s: this.#sequence + 1, t: this.#context.clock.now() };
    members.$ = stamp;
    const message = { part, stamp, payload: Payload.of(members) };
    outbox.add(message);
    this.#sequence = stamp.s;
    if (this.#isLive) this.#publish(message);
  }

  /** @throws {@link Problem} `overloaded` when nothing more may be begun: too much waits to be stored. */
  mustAccept(): void {
    this.#outbox?.mustAccept();
  }

  /** As {@link ThingOutbox.kept}. */
  kept(): Promise<void> | undefined {
    return this.#outbox?.kept();
  }

  /** Resolves when a gateway has stored everything that was said so far. */
  stored(): Promise<void> {
    if (this.#outbox === undefined || this.#outbox.isEmpty) return Promise.resolve();
    const stamp = { e: this.#epoch, s: this.#sequence };
    const waiting = { stamp, ...Promise.withResolvers<void>() };
    this.#waiting = [...(this.#waiting ?? []), waiting];
    return waiting.promise;
  }

  /** Ends in good order. The Thing stays known as offline, or with `forget` is cleared from the bus. */
  async leave({ forget }: { readonly forget: boolean }): Promise<void> {
    const bus = this.#bus;
    if (bus === undefined) return;
    this.#bus = undefined;
    this.#isLive = false;
    this.#repeat?.cancel();
    if (forget) this.#outbox?.forget();
    this.#outbox = undefined;
    this.#giveUpWaiting();
    if (forget) {
      for (const part of ['td', 'values', 'status']) {
        await bus.publish(this.#root + part, Payload.empty, retained);
      }
    } else await bus.publish(`${this.#root}status`, this.#status(false), retained);
    await bus.drain();
  }

  /** Older messages come before the birth: what they say of runs counts more than that the Thing began anew. */
  #announce(): void {
    if (this.#bus === undefined) return;
    this.#send('td', Payload.ofText(String(this.#speaker.td)), retained);
    this.#sayAgain();
    this.#send('status', this.#status(true), retained);
    const values = this.#speaker.snapshot();
    if (Object.keys(values).length > 0) this.say('values', values);
  }

  /** All that is not stored yet, in its order: from here on what is said goes out at once. */
  #sayAgain(): void {
    this.#repeat?.cancel();
    this.#repeat = undefined;
    for (const message of this.#outbox?.unstored() ?? []) this.#publish(message);
    this.#isLive = true;
  }

  /** A connection that is being opened counts from here on, so that its will names it. */
  #will(): Will {
    this.#connections++;
    return { topic: `${this.#root}status`, payload: this.#status(false), retain: true };
  }

  #status(online: boolean): Payload {
    return Payload.of({ online, protocol: 1, $: { e: this.#epoch, c: this.#connections } });
  }

  /** One for all its subscriptions: ten thousand Things hold four each. */
  readonly #hear = (message: BusMessage): void => {
    const { topic } = message;
    const { length } = this.#root;
    const command = commands.find((name) => topic.startsWith(name, length));
    if (command === undefined) this.#hearStored(message);
    else this.#hearCommand(command, message, topic.slice(length + command.length + 1));
  };

  #hearCommand(command: Command, { payload, retain }: BusMessage, address: string): void {
    // A retained command is an old one: replaying it would move a motor nobody asked to move now.
    if (retain) return;
    // Who asks for everything may have missed something.
    if (command === 'get' && payload.isEmpty) this.#sayAgain();
    try {
      const answer = this.#speaker.obey(command, payload);
      if (answer instanceof Promise) void this.#answerLater(address, answer);
      else this.#answer(address, { ok: answer });
    } catch (error) {
      this.#refuse(address, error);
    }
  }

  #hearStored({ payload, retain }: BusMessage): void {
    if (retain) return;
    const upTo = payload.json();
    if (!isStored(upTo)) return;
    this.#outbox?.trim(upTo);
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const left = waiting.filter(({ stamp, resolve }) => {
      const isStored = isNotAfter(stamp, upTo);
      if (isStored) resolve();
      return !isStored;
    });
    this.#waiting = left.length > 0 ? left : undefined;
  }

  #giveUpWaiting(): void {
    const problem = new Problem(
      'thing-unreachable',
      `${this.#speaker.id} ended before a gateway had stored all that it said`,
    );
    for (const { reject } of this.#waiting ?? []) reject(problem);
    this.#waiting = undefined;
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

  #publish({ part, payload }: SaidMessage): void {
    this.#send(part, payload, part === 'values' ? retained : undefined);
  }

  #send(part: string, payload: Payload, options?: { readonly retain: true }): void {
    this.#bus?.publish(this.#root + part, payload, options).catch((error: unknown) => {
      this.#context.logger.warn({ thing: this.#speaker.id, part, error }, 'could not be published');
      this.#repeatLater();
    });
  }

  /** What the bus did not take is in the outbox; what comes after it waits, or it would come before it. */
  #repeatLater(): void {
    if (!this.#outbox?.keeps || this.#repeat !== undefined) return;
    this.#isLive = false;
    this.#repeat = this.#context.clock.after(repeatMs, () => {
      if (this.#bus?.status.state === 'connected') this.#sayAgain();
    });
  }
}

function isStored(value: JsonValue): value is JsonObject & EntryStamp {
  return isJsonObject(value) && Number.isSafeInteger(value.e) && Number.isSafeInteger(value.s);
}

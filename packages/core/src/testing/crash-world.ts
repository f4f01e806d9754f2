import { MemoryBus } from '../bus/memory-bus.ts';
import { MessageHub } from '../bus/message-hub.ts';
import { type OpenThings, openThings } from '../gateway/open-things.ts';
import type { Bus, SessionOptions } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, JournalEntry, JournalStatus, StoredThing } from '../ports/journal.ts';
import type { ActionStatus, Things } from '../ports/things.ts';
import { Servient } from '../thing/servient.ts';
import { defineThing } from '../thing/thing-definition.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { JournalModel } from './journal-model.ts';

/** The actions of the machine: `press` must not happen twice, `home` may. Each takes 100 ms. */
export type MachineAction = 'press' | 'home';

const machineId = 'urn:dev:machine';
const td = { title: 'Machine', actions: { press: {}, home: { idempotent: true } } };

/** What is on disk outlives every gateway; what a dead gateway appends never gets there. */
class CrashJournal implements Journal {
  readonly status: JournalStatus = { state: 'writing' };
  readonly #disk: JournalEntry[];
  readonly #clock: Clock;
  readonly #commitMs: () => number;
  isDead = false;

  constructor(disk: JournalEntry[], clock: Clock, commitMs: () => number) {
    this.#disk = disk;
    this.#clock = clock;
    this.#commitMs = commitMs;
  }

  hurry(): void {}

  append(entry: JournalEntry): Promise<void> {
    return new Promise((resolve) => {
      const commit = () => {
        if (this.isDead) return;
        this.#disk.push(entry);
        resolve();
      };
      const ms = this.#commitMs();
      if (ms === 0) commit();
      else this.#clock.after(ms, commit);
    });
  }

  async *recover(): AsyncIterable<StoredThing> {
    const model = new JournalModel();
    for (const entry of this.#disk) model.append(entry);
    yield* model.things();
  }

  async events(): Promise<readonly (JournalEntry & { kind: 'event' })[]> {
    return [];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A bus that knows the sessions opened on it, so that they can die, or turn deaf. */
class MachineBus extends MemoryBus {
  readonly sessions: Bus[] = [];
  readonly #isDeaf: () => boolean;

  constructor(hub: MessageHub, isDeaf: () => boolean) {
    super(hub);
    this.#isDeaf = isDeaf;
  }

  override async session(options: SessionOptions): Promise<Bus> {
    const session = await super.session(options);
    const subscribe = session.subscribe.bind(session);
    session.subscribe = (filter, listener) =>
      subscribe(filter, (message) => {
        if (!this.#isDeaf()) listener(message);
      });
    this.sessions.push(session);
    return session;
  }
}

/** A gateway, a machine and a broker between them, of which the first two can die at any moment. */
export class CrashWorld implements AsyncDisposable {
  readonly clock = new FakeClock();
  /** How often the machine began a run, by its id. */
  readonly begun = new Map<string, number>();
  /** Called when the machine begins a run, before anybody is told. */
  onBegin: () => void = () => {};
  /** Whether the machine hears nothing, though it seems to live. */
  isDeaf = false;
  /** How long the disk takes, in milliseconds. */
  commitMs = 0;
  readonly #hub = new MessageHub();
  readonly #disk: JournalEntry[] = [];
  #gateway:
    | { readonly open: OpenThings; readonly bus: MemoryBus; readonly journal: CrashJournal }
    | undefined;
  #machine: MachineBus | undefined;

  /** Starts both. */
  static async open(): Promise<CrashWorld> {
    const world = new CrashWorld();
    await world.startGateway();
    await world.startMachine();
    return world;
  }

  get bus(): Bus {
    return new MemoryBus(this.#hub);
  }

  /** @throws `Error` when the gateway is dead. */
  get things(): Things {
    if (this.#gateway === undefined) throw new Error('the gateway is dead');
    return this.#gateway.open.things;
  }

  /** Asks for a run; what becomes of the request is not waited for. */
  ask(action: MachineAction, id: string): void {
    this.#gateway?.open.things.invokeAction(machineId, action, undefined, { id }).catch(() => {});
  }

  /** Where a run stands. */
  run(id: string): ActionStatus | undefined {
    return this.#gateway?.open.things.queryActions(machineId).find((run) => run.id === id);
  }

  async startGateway(): Promise<void> {
    if (this.#gateway !== undefined) return;
    const { clock } = this;
    const bus = new MemoryBus(this.#hub);
    const journal = new CrashJournal(this.#disk, clock, () => this.commitMs);
    this.#gateway = { open: await openThings({ bus, clock, journal }), bus, journal };
    await settle();
  }

  /** From now on it says nothing, hears nothing and stores nothing. */
  crashGateway(): void {
    if (this.#gateway === undefined) return;
    const { open, bus, journal } = this.#gateway;
    this.#gateway = undefined;
    journal.isDead = true;
    void bus.drain();
    void open[Symbol.asyncDispose]();
  }

  async startMachine(): Promise<void> {
    if (this.#machine !== undefined) return;
    // A boot is told from the next by its time.
    await this.clock.advance(1);
    const bus = new MachineBus(this.#hub, () => this.isDeaf);
    this.#machine = bus;
    const work = async (
      _: unknown,
      { id, delay }: { id: string; delay: (ms: number) => Promise<void> },
    ) => {
      this.begun.set(id, (this.begun.get(id) ?? 0) + 1);
      this.onBegin();
      await delay(100);
    };
    const machine = defineThing(machineId, td, { actions: { press: work, home: work } });
    await new Servient({ bus, clock: this.clock }).expose(machine);
    await settle();
  }

  /** It dies without a goodbye: the broker says its will. */
  async crashMachine(): Promise<void> {
    const bus = this.#machine;
    this.#machine = undefined;
    for (const session of bus?.sessions ?? []) await session[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.crashGateway();
    await this.crashMachine();
  }
}

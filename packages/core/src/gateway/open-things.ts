import { Requester } from '../bus/requester.ts';
import { commands, Topics } from '../bus/topics.ts';
import { interpretedSchemas } from '../data/interpreted-schemas.ts';
import { Payload } from '../data/payload.ts';
import type { SchemaCompiler } from '../data/schema-compiler.ts';
import type { Bus, BusMessage, Subscription } from '../ports/bus.ts';
import { type Clock, systemClock, type Timer } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { type Logger, silentLogger } from '../ports/logger.ts';
import type { ThingMemory } from '../ports/thing-memory.ts';
import type { Things } from '../ports/things.ts';
import { asProblem, Problem } from '../problem/problem.ts';
import { MakeCache } from '../td/makes.ts';
import { ShapeCache } from '../td/shape.ts';
import type { ThingId } from '../td/thing-id.ts';
import { CheckCompiler } from '../thing/affordance-checks.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { Complaints } from './complaints.ts';
import { Confirmations } from './confirmations.ts';
import { Intake } from './intake.ts';
import { OpenRuns } from './open-runs.ts';
import { RecordKeeper } from './record-keeper.ts';
import { RunBook } from './run-book.ts';
import { type Keep, seedValues } from './seed-values.ts';
import { ThingTwins } from './thing-twins.ts';
import type { Twin } from './twin.ts';
import { recollect, TwinMemory } from './twin-memory.ts';
import { TwinReach } from './twin-reach.ts';
import { TwinRegistry } from './twin-registry.ts';
import { Watchers } from './watchers.ts';
import { Wishes } from './wishes.ts';

/** What the gateway's knowledge of Things is built on. */
export interface OpenThingsOptions {
  readonly bus: Bus;
  /** Default: schemas are interpreted; `ajvSchemas()` of `@thingtalk/core/validate` is faster. */
  readonly schemas?: SchemaCompiler;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly topics?: Topics;
  /** Where what Things say is kept; left out, a restart forgets it. */
  readonly journal?: Journal;
  /** How a broker that begins with nothing is given the values that the journal has. Default: it keeps them itself. */
  readonly keep?: Keep | undefined;
  /**
   * Whether Things are told what was taken in as if it were stored, where there is no journal: a gateway without a database
   * does so, since their outboxes would wait for nothing. Default false, for those who only listen beside a gateway.
   */
  readonly acknowledges?: boolean;
  /** How long a Thing may take to answer, in milliseconds. Default 2,000. */
  readonly deadlineMs?: number;
  /** Things that were forgotten: their announcements are ignored. Default: none. */
  readonly ignores?: (id: ThingId) => boolean;
}

/** The Things of a bus, kept in step until disposed of. */
export interface OpenThings extends AsyncDisposable {
  readonly things: Things;
  /** For servients in this process: their Things begin with the values that they said last. */
  readonly memory: ThingMemory;
}

/** How long a Thing may take to come back after the broker did, in milliseconds: one and a half keepalives of 15 s. */
export const returnMs = 22_500;

/** Listens to every Thing on the bus and keeps its twin. */
export async function openThings(options: OpenThingsOptions): Promise<OpenThings> {
  const { bus, clock = systemClock, logger = silentLogger, topics = new Topics() } = options;
  const registry = new TwinRegistry();
  const watchers = new Watchers((error) => logger.error({ error }, 'a watcher failed'));
  const confirmations = new Confirmations(clock);
  const complaints = new Complaints({ bus, topics, clock, logger });
  const checks = new CheckCompiler(options.schemas ?? interpretedSchemas());
  const makes = new MakeCache(new ShapeCache());
  const { journal } = options;
  const acknowledgements = new Acknowledgements({ bus, topics, complaints });
  const keeping = { clock, complaints, acknowledgements };
  const records = journal && (await RecordKeeper.open({ journal, ...keeping }));
  const taken = records === undefined && options.acknowledges ? acknowledgements : undefined;
  const { deadlineMs = 2_000, ignores = () => false } = options;
  const book = new RunBook({ clock, watchers, records });

  await using subscriptions = new AsyncDisposableStack();
  const requester = subscriptions.use(await Requester.open(bus, { topics, clock }));
  const closing = new AbortController();
  subscriptions.defer(() => closing.abort());
  if (records !== undefined) subscriptions.use(records);
  const reach = new TwinReach({ bus, topics, clock, confirmations, requester, deadlineMs });
  const shared = { registry, clock, watchers, records, book, reach, closing: closing.signal };
  const openRuns = new OpenRuns(shared);
  const wishes = records && new Wishes({ records, clock, complaints });
  const said = { bus, topics, complaints, confirmations, makes, checks, ignores };
  const sayAgain = (twin: Twin) => reach.repeat(twin);
  const intake = new Intake({ ...shared, ...said, taken, sayAgain, openRuns, wishes });
  records?.sayAgainBy((twin) => intake.order.catchUp(twin));

  const listen = async (filter: string, listener: (message: BusMessage) => void) => {
    subscriptions.use<Subscription>(await bus.subscribe(filter, listener));
  };
  // What is heard of a Thing's announcement, or asked of it, finds all of these standing; and in this order a broker's
  // retained state needs no second look.
  for (const part of ['event', 'action', 'td', 'status', 'values'] as const) {
    await listen(topics.every(part), (message) => intake.hear(part, message));
  }
  if (options.keep !== undefined) seedValues(registry, topics, options.keep);
  for (const command of commands) {
    await listen(topics.every(command), (message) => clearRetained(message));
  }
  subscriptions.defer(watchReconnects());
  wishes?.deliverBy((twin, values, options) => reach.set(twin, values, options));
  subscriptions.defer(() => wishes?.close());
  const owned = subscriptions.move();
  return {
    things: new ThingTwins({ ...shared, wishes }),
    memory: new TwinMemory(
      (id) => registry.get(id)?.recollection ?? recollect(records?.recovered(id)),
    ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };

  function clearRetained({ topic, retain }: BusMessage): void {
    const accused = topics.parse(topic);
    if (!retain || accused === undefined) return;
    complaints.raise(
      accused,
      accused.part,
      new Problem('command-retained', `${topic} was retained; it is cleared`),
    );
    bus.publish(topic, Payload.empty, { retain: true }).catch((error: unknown) => {
      complaints.raise(accused, accused.part, asProblem(error));
    });
  }

  /** After a reconnect, whoever does not announce itself again in time is offline: its will may have died with the broker. */
  function watchReconnects(): () => void {
    let timer: Timer | undefined;
    let connectedBefore = bus.status.state === 'connected';
    const stop = bus.onStatus((status) => {
      if (status.state !== 'connected') {
        intake.order.interrupted();
        return;
      }
      const isReconnect = connectedBefore;
      connectedBefore = true;
      if (!isReconnect) return;
      timer?.cancel();
      timer = clock.after(returnMs, () => {
        for (const twin of registry) {
          if (twin.answers && twin.seen < status.since) intake.setOnline(twin, false);
        }
      });
    });
    return () => {
      stop();
      timer?.cancel();
    };
  }
}

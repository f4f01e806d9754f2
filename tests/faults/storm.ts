import fc from 'fast-check';
import type { Crowd } from './crowd.ts';
import type { StormWorld, Victim, VictimKind } from './storm-world.ts';

/** At least so many writes are acknowledged between two kills of a kind. */
export const fewestWrites = 100;

/** One kill to come. */
interface Strike {
  /** Which of its kind, where there are several: modulo their number. */
  readonly which: number;
  /** It falls once so many more writes were acknowledged. */
  readonly after: number;
}

/** How long something took to serve again, in milliseconds since it was started. */
export interface Restart {
  readonly kind: VictimKind;
  /** Until the gateway answered with 200; `undefined` for others. */
  readonly answeredMs: number | undefined;
  /** Until a write to a Thing that it had taken with it was acknowledged. */
  readonly writtenMs: number;
}

/** How a storm goes. */
export interface StormPlan {
  readonly kinds: readonly VictimKind[];
  /** How often one of each kind is killed. */
  readonly times: number;
  /** What decides which and when. */
  readonly seed: number;
}

/** Kills while `crowd` writes. Each kind has its own turns: they overlap as it happens. */
export async function strike(
  world: StormWorld,
  crowd: Crowd,
  { kinds, times, seed }: StormPlan,
  tell: (restart: Restart) => void,
): Promise<void> {
  const everyone = new Set(world.things.map(({ id }) => id));
  const turns = kinds.map(async (kind, n) => {
    const victims = world.victims.filter((victim) => victim.kind === kind);
    for (const { which, after } of strikes(times, seed + n)) {
      await crowd.acknowledged(after, everyone);
      const victim = victims[which % victims.length];
      if (victim === undefined) throw new Error(`there is no ${kind} to kill`);
      tell(await killAndStart(victim, world, crowd));
    }
  });
  await Promise.all(turns);
}

function strikes(times: number, seed: number): readonly Strike[] {
  const one = fc.record({ which: fc.nat(), after: fc.integer({ min: fewestWrites, max: 500 }) });
  return fc.sample(one, { seed, numRuns: times });
}

async function killAndStart(victim: Victim, { base }: StormWorld, crowd: Crowd): Promise<Restart> {
  const { kind } = victim;
  await victim.kill9();
  const begun = performance.now();
  const since = () => Math.round(performance.now() - begun);
  const written = crowd.acknowledged(1, victim.things);
  const started = victim.start();
  if (kind !== 'gateway') {
    await started;
    await written;
    return { kind, answeredMs: undefined, writtenMs: since() };
  }
  crowd.gatewayIsGone(started);
  await started;
  const { status } = await fetch(`${base}/things`);
  if (status !== 200) throw new Error(`a gateway that serves answers with ${status}`);
  const answeredMs = since();
  await written;
  return { kind, answeredMs, writtenMs: since() };
}

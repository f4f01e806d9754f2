import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CrashWorld, type MachineAction } from '../testing/crash-world.ts';

type Step =
  | { readonly do: 'ask'; readonly action: MachineAction; readonly n: number }
  | {
      readonly do:
        | 'crashGateway'
        | 'startGateway'
        | 'crashMachine'
        | 'startMachine'
        | 'crashOnBegin';
    }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'disk'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('ask' as const),
    action: fc.constantFrom<MachineAction>('press', 'home'),
    n: fc.nat(1),
  }),
  fc.record({
    do: fc.constantFrom(
      'crashGateway' as const,
      'startGateway' as const,
      'crashMachine' as const,
      'startMachine' as const,
      'crashOnBegin' as const,
    ),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }),
  fc.record({ do: fc.constant('disk' as const), ms: fc.nat(20) }),
);

const idOf = ({ action, n }: Step & { do: 'ask' }) => `${action}-${n}`;

async function take(world: CrashWorld, one: Step): Promise<void> {
  switch (one.do) {
    case 'ask':
      world.ask(one.action, idOf(one));
      break;
    case 'wait':
      await world.clock.advance(one.ms);
      break;
    case 'disk':
      world.commitMs = one.ms;
      break;
    case 'crashOnBegin':
      world.onBegin = () => world.crashGateway();
      break;
    default:
      await world[one.do]();
  }
}

test('whoever dies when, and however often an id is asked for, what is not idempotent is begun at most once, and every run ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await using world = await CrashWorld.open();
      world.commitMs = 5;
      for (const one of steps) await take(world, one);
      world.commitMs = 0;
      world.onBegin = () => {};
      await world.startGateway();
      await world.startMachine();
      // Whoever had no answer asks again, under the same id.
      for (const one of steps) if (one.do === 'ask') await take(world, one);
      await world.clock.advance(60_000);
      for (const [id, times] of world.begun) {
        expect(times).toBeLessThanOrEqual(id.startsWith('press') ? 1 : 2);
      }
      for (const one of steps) {
        if (one.do === 'ask')
          expect(['completed', 'failed']).toContain(world.run(idOf(one))?.status);
      }
    }),
    { numRuns: 300 },
  );
});

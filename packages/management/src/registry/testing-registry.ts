import {
  type Clock,
  MemoryBus,
  openThings,
  Servient,
  silentLogger,
  type ThingRegistry,
  type Things,
  Topics,
} from '@thingtalk/core';
import { FakeClock, MemoryStore } from '@thingtalk/core/testing';
import { DescriptionArchive } from '../archive/description-archive.ts';
import { ForgottenThings } from './forgotten-things.ts';
import { openRegistry } from './open-registry.ts';

/** A registry with all it stands on, in this process. */
export interface RegistryWorld extends AsyncDisposable {
  readonly bus: MemoryBus;
  readonly servient: Servient;
  readonly things: Things;
  readonly registry: ThingRegistry;
  readonly forgotten: ForgottenThings;
}

/** Opens one over `store`; another over the same store finds what it has stored. */
export async function openRegistryWorld(
  store = new MemoryStore(),
  clock: Clock = new FakeClock(),
): Promise<RegistryWorld> {
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(new MemoryBus());
  const servient = stack.use(new Servient({ bus, clock }));
  const forgotten = await ForgottenThings.open(store);
  const ignores = (id: Parameters<typeof forgotten.has>[0]) => forgotten.has(id);
  const { things } = stack.use(await openThings({ bus, clock, ignores }));
  const kept = { store, clock, logger: silentLogger, bus, topics: new Topics() };
  const archive = stack.use(
    await DescriptionArchive.open({ ...kept, busName: 'here', keep: undefined }),
  );
  const registry = stack.use(await openRegistry({ store, things, bus, clock, forgotten, archive }));
  const owned = stack.move();
  const world = { bus, servient, things, registry, forgotten };
  return { ...world, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A Thing Description that is complete. */
export const meter = {
  '@context': 'https://www.w3.org/2022/wot/td/v1.1',
  id: 'urn:dev:meter',
  title: 'Meter',
  security: 'nosec_sc',
  securityDefinitions: { nosec_sc: { scheme: 'nosec' } },
  properties: {
    power: { type: 'number', readOnly: true, forms: [{ href: 'http://10.0.0.7/power' }] },
  },
};

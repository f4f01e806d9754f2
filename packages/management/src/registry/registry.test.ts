import { type DirectoryChange, defineThing, type JsonValue, Problem } from '@thingtalk/core';
import { FakeClock, MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { meter, openRegistryWorld } from './testing-registry.ts';

const me = { author: 'me' };
const lamp = defineThing('urn:dev:lamp', { title: 'Lamp' });

describe('registered Thing Descriptions', () => {
  it('are there after a restart, with author and time of each version', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(new MemoryDocuments(), clock);
    {
      await using world = await openRegistryWorld(store, clock);
      await world.registry.put(meter.id, meter, { author: 'alice' });
      await clock.advance(5_000);
      await world.registry.patch(meter.id, { title: 'Main meter' }, { author: 'bob' });
    }
    await using world = await openRegistryWorld(store, clock);
    expect(world.registry.find(meter.id)).toMatchObject({ kind: 'registered', version: 2 });
    const versions = await store.versions('registered-things', meter.id);
    expect(versions.map(({ author, time }) => [author, time])).toEqual([
      ['alice', clock.now() - 5_000],
      ['bob', clock.now()],
    ]);
  });

  it('are purged when they expire, and those that expired meanwhile at the start', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(new MemoryDocuments(), clock);
    const lasting = (ttl: number, id: string) => ({ ...meter, id, registration: { ttl } });
    {
      await using world = await openRegistryWorld(store, clock);
      const kinds: string[] = [];
      world.registry.watch(({ kind, id }) => kinds.push(`${kind} ${id}`));
      await world.registry.put('urn:a:1', lasting(10, 'urn:a:1'), me);
      await world.registry.put('urn:a:2', lasting(20, 'urn:a:2'), me);
      await clock.advance(9_000);
      await world.registry.patch('urn:a:1', {}, me);
      await clock.advance(9_999);
      expect(world.registry.list().map(({ id }) => id)).toEqual(['urn:a:1', 'urn:a:2']);
      await clock.advance(1);
      expect(world.registry.list().map(({ id }) => id)).toEqual(['urn:a:2']);
      expect(kinds.at(-1)).toBe('thing_deleted urn:a:1');
    }
    await clock.advance(60_000);
    await using world = await openRegistryWorld(store, clock);
    expect(world.registry.list()).toEqual([]);
  });

  it('may last longer than any timer can wait', async () => {
    const clock = new FakeClock();
    await using world = await openRegistryWorld(
      new MemoryStore(new MemoryDocuments(), clock),
      clock,
    );
    const days = 86_400_000;
    await world.registry.put(meter.id, { ...meter, registration: { ttl: 60 * 86_400 } }, me);
    await clock.advance(59 * days);
    expect(world.registry.find(meter.id)).toBeDefined();
    await clock.advance(days);
    expect(world.registry.find(meter.id)).toBeUndefined();
  });

  it('whose purge fails are purged a minute later', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(new MemoryDocuments(), clock);
    await using world = await openRegistryWorld(store, clock);
    await world.registry.put(meter.id, { ...meter, registration: { ttl: 10 } }, me);
    const full = vi.spyOn(store, 'delete').mockRejectedValueOnce(new Problem('storage-full', 'x'));
    await clock.advance(10_000);
    expect(full).toHaveBeenCalledOnce();
    expect(world.registry.find(meter.id)).toBeDefined();
    await clock.advance(60_000);
    expect(world.registry.find(meter.id)).toBeUndefined();
  });

  it('that cannot be stored are refused, and the directory stays as it was', async () => {
    const store = new MemoryStore();
    await using world = await openRegistryWorld(store);
    const full = new Problem('storage-full', 'no space');
    vi.spyOn(store, 'put').mockRejectedValueOnce(full);
    await expect(world.registry.put(meter.id, meter, me)).rejects.toBe(full);
    expect(world.registry.list()).toEqual([]);
    await world.registry.put(meter.id, meter, me);
    expect(world.registry.list()).toHaveLength(1);
  });

  it('lose no update of 50 who patch at once, in two processes', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(new MemoryDocuments(), clock);
    await using one = await openRegistryWorld(store, clock);
    await one.registry.put(meter.id, meter, me);
    await using other = await openRegistryWorld(store, clock);
    const patches = Array.from({ length: 50 }, (_, n) =>
      (n % 2 ? one : other).registry.patch(meter.id, { [`x:${n}`]: n }, me),
    );
    await Promise.all(patches);
    const document = await store.get('registered-things', meter.id);
    const { td } = (document?.value ?? {}) as { td?: Record<string, JsonValue> };
    expect(Object.keys(td ?? {}).filter((name) => name.startsWith('x:'))).toHaveLength(50);
    expect(document?.version).toBe(51);
  });

  it('give way to a Thing of the same id on the bus, and come back when it goes', async () => {
    await using world = await openRegistryWorld();
    const changes: DirectoryChange[] = [];
    await world.registry.put(lamp.id, { ...meter, id: lamp.id }, me);
    world.registry.watch((change) => changes.push(change));
    const exposed = await world.servient.expose(lamp);
    expect(world.registry.find(lamp.id)?.kind).toBe('bus');
    expect(world.registry.list()).toHaveLength(1);
    await expect(world.registry.delete(lamp.id, me)).rejects.toMatchObject({ name: 'conflict' });
    await exposed.remove();
    expect(world.registry.find(lamp.id)?.kind).toBe('registered');
    expect(changes.map(({ kind }) => kind)).toEqual(['thing_updated', 'thing_updated']);
  });
});

describe('Things on the bus', () => {
  it('that were forgotten are ignored, also after a restart, until they are adopted', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(new MemoryDocuments(), clock);
    {
      await using world = await openRegistryWorld(store, clock);
      await world.servient.expose(lamp);
      await world.registry.forget(lamp.id, me);
      expect(world.registry.list()).toEqual([]);
      await world.registry.forget(lamp.id, me);
    }
    await using world = await openRegistryWorld(store, clock);
    await world.servient.expose(lamp);
    expect(world.registry.find(lamp.id)).toBeUndefined();
    await world.registry.adopt(lamp.id, me);
    await clock.advance(0);
    expect(world.registry.find(lamp.id)?.kind).toBe('bus');
    await expect(world.registry.adopt(lamp.id, me)).rejects.toMatchObject({
      name: 'thing-not-found',
    });
  });

  it('that are adopted are used at once, though they did not notice anything', async () => {
    await using world = await openRegistryWorld();
    const switchable = defineThing(
      lamp.id,
      { title: 'Lamp', properties: { on: { type: 'boolean' } } },
      { initial: { on: true } },
    );
    await world.servient.expose(switchable);
    await world.registry.forget(lamp.id, me);
    await world.registry.adopt(lamp.id, me);
    expect(world.things.find(lamp.id)).toMatchObject({ answers: true, liveness: { online: true } });
    expect(world.things.find(lamp.id)?.property('on')?.value).toBe(true);
    expect(await world.things.writeProperties(lamp.id, { on: false })).toEqual({ on: false });
  });

  it('keep what users said of them when they describe themselves anew', async () => {
    await using world = await openRegistryWorld();
    const first = await world.servient.expose(lamp);
    await world.registry.describe(lamp.id, { title: 'Mine', tags: ['den'] }, me);
    await first.remove();
    expect(world.registry.find(lamp.id)).toBeUndefined();
    await world.servient.expose(defineThing(lamp.id, { title: 'Lamp 2' }));
    expect(world.registry.find(lamp.id)?.metadata?.value).toEqual({ title: 'Mine', tags: ['den'] });
  });
});

it('an id beyond U+FFFF stands after all others', async () => {
  await using world = await openRegistryWorld();
  for (const id of ['urn:a:💡', 'urn:a:\u{ffee}', 'urn:a:z']) {
    await world.registry.put(id, { ...meter, id }, me);
  }
  expect(world.registry.list().map(({ id }) => id)).toEqual([
    'urn:a:z',
    'urn:a:\u{ffee}',
    'urn:a:💡',
  ]);
});

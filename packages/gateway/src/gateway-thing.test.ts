import { defineThing, MemoryBus, openThings, Servient, ThingId } from '@thingtalk/core';
import { settle } from '@thingtalk/core/testing';
import { describe, expect, it } from 'vitest';
import { gatewayThing } from './gateway-thing.ts';

describe("the gateway's own Thing", () => {
  it('counts the Things and tells of their comings and goings', async () => {
    await using bus = new MemoryBus();
    await using twins = await openThings({ bus });
    const { things } = twins;
    const servient = new Servient({ bus });
    const id = ThingId('urn:uuid:00000000-0000-4000-8000-000000000000');
    const startedAt = Date.UTC(2026, 0, 1);
    await servient.expose(gatewayThing({ id, version: '1.2.3', startedAt, things }));
    const told: unknown[] = [];
    things.watch(id, (note) => {
      if (note.kind === 'event') told.push([note.name, note.data]);
    });
    expect(things.find(id)?.td['@type']).toBe('ThingDirectory');

    const lamp = await servient.expose(defineThing('urn:dev:lamp', { title: 'Lamp' }));
    await settle();
    expect(await things.readProperties(id)).toEqual({
      state: 'running',
      things: 2,
      version: '1.2.3',
      startedAt: '2026-01-01T00:00:00.000Z',
    });
    await lamp.drain();
    const again = await servient.expose(defineThing('urn:dev:lamp', { title: 'Lamp' }));
    await again.remove();
    await settle();
    expect((await things.readProperty(id, 'things')).value).toBe(1);
    const data = { id: 'urn:dev:lamp', title: 'Lamp' };
    expect(told).toEqual([
      ['thing_paired', data],
      ['thing_offline', data],
      ['thing_online', data],
      ['thing_removed', data],
    ]);
  });
});

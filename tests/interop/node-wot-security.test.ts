import { bearerSecurity } from '@thingtalk/application';
import { MemoryGuard } from '@thingtalk/core/testing';
import { expect, it } from 'vitest';
import { lamp, startHttpWorld } from '../support/http-world.ts';
import { consumeTdWithNodeWot } from '../support/node-wot.ts';

const rights = ['read', 'write', 'observe', 'invoke', 'subscribe'] as const;

it.each(['pinned', 'plain'] as const)(
  'node-wot (%s) with a bearer token uses the lamp as its Thing Description says, and nobody without',
  async (installation) => {
    const guard = new MemoryGuard();
    guard.let(
      'secret',
      rights.map((right) => ({ right })),
    );
    const security = bearerSecurity({
      authorization: 'https://gateway.local/oauth/authorize',
      token: 'https://gateway.local/oauth/token',
    });
    await using world = await startHttpWorld(undefined, { guard, security });
    const headers = { authorization: 'Bearer secret' };
    const td = await (await world.fetch(`/things/${lamp.id}`, { headers })).json();

    await using peer = await consumeTdWithNodeWot(installation, 'http', td, 'secret');
    expect(await (await peer.thing.readProperty('on')).value()).toBe(true);
    await peer.thing.writeProperty('on', false);
    expect((await world.things.readProperty(lamp.id, 'on')).value).toBe(false);
    expect(await (await peer.thing.invokeAction('add', 1))?.value()).toBe(2);

    await using stranger = await consumeTdWithNodeWot(installation, 'http', td);
    await expect(stranger.thing.readProperty('on')).rejects.toThrow();
  },
);

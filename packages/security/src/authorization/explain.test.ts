import type { ThingId } from '@thingtalk/core';
import { MemoryStore } from '@thingtalk/core/testing';
import { describe, expect, it } from 'vitest';
import type { Names } from './names.ts';
import type { Policy } from './policy.ts';
import { by, door, lamp, openWorld } from './testing-policy.ts';

const names: Names = {
  principal: (id) => {
    const known = { person_anna: 'Anna', guest_1: 'Guest' } as const;
    const name = known[id as keyof typeof known];
    return name && { id, kind: id.startsWith('guest') ? 'guest' : 'person', name };
  },
  thing: (id: ThingId) => (id === lamp ? 'Kitchen lamp' : undefined),
  owns: () => [],
};
const open = () => openWorld(new MemoryStore(), names);
const who = { person: 'person_anna' };

describe('a grant in words', () => {
  it.each([
    [
      {
        who,
        on: { thing: lamp, affordance: 'on' },
        ops: ['read', 'write'],
        when: { until: '2026-11-29T17:00:00Z', zone: 'Europe/Vienna' },
      },
      "Anna may read and write 'on' of Kitchen lamp until Sunday 29 November 2026 at 18:00 (Europe/Vienna)",
    ],
    [
      {
        who: { group: 'people' },
        on: { tag: 'hall' },
        ops: ['read', 'write', 'invoke'],
        effect: 'deny',
      },
      "Everybody with an account may not read, write or invoke all that is tagged 'hall'",
    ],
    [
      {
        who: { group: 'family' },
        on: { type: 'Light' },
        ops: ['read'],
        when: {
          days: ['sat', 'sun'],
          hours: { from: '07:00', to: '22:00' },
          zone: 'UTC',
          network: ['10.0.0.0/8'],
        },
      },
      'The group Family may read every Light on Saturdays and Sundays between 07:00 and 22:00 (UTC) from the network 10.0.0.0/8',
    ],
    [{ who: { group: 'anybody' }, on: 'all', ops: ['read'] }, 'Anybody may read everything'],
    [{ who: { app: 'app_1' }, on: { thing: door }, ops: ['read'] }, 'app_1 may read urn:dev:door'],
  ])('%#', async (document, words) => {
    using world = await open();
    const { grants, groups } = world.policy;
    await groups.put('family', { name: 'Family' }, by);
    const grant = await grants.add(document as never, by);
    expect(grants.describe(grant.value)).toBe(words);
  });
});

const ask = (policy: Policy, more: object = {}) =>
  policy.explain({ who: 'person_anna', right: 'read', thing: lamp, ...more });

describe('an explanation', () => {
  it('says what would be needed where nothing is granted', async () => {
    using world = await open();
    await world.policy.grants.add(
      { who, on: { thing: lamp, affordance: 'on' }, ops: ['read'] },
      by,
    );
    expect(ask(world.policy)).toEqual({
      allowed: false,
      because: "no grant allows 'read' on all of the Thing",
      needed: "a grant that allows 'read' on all of the Thing",
      grants: [],
    });
    expect(ask(world.policy, { affordance: 'level' }).needed).toBe(
      "a grant that allows 'read' on 'level' of the Thing",
    );
  });

  it('names the grant that allows, and the one that denies', async () => {
    using world = await open();
    const { policy } = world;
    const allow = await policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    expect(ask(policy).because).toBe(`Anna may read everything (${allow.id})`);
    const on = { thing: lamp, affordance: 'log' };
    const deny = await policy.grants.add({ who, on, ops: ['read'], effect: 'deny' }, by);
    expect(ask(policy)).toMatchObject({
      allowed: false,
      because: `Anna may not read 'log' of Kitchen lamp (${deny.id})`,
      needed: `that ${deny.id} be taken back or changed`,
    });
    expect(ask(policy).grants.map(({ id, holds }) => [id, holds])).toEqual(
      [allow, deny].map(({ id }) => [id, true]).sort(),
    );
    expect(ask(policy, { affordance: 'on' }).allowed).toBe(true);
  });

  it('says when only the time or the network is wrong', async () => {
    using world = await open();
    const { policy, clock } = world;
    const from = new Date(clock.now() + 1_000).toISOString();
    const when = { from, network: ['10.0.0.0/8'] };
    await policy.grants.add({ who, on: 'all', ops: ['read'], when }, by);
    const refused = ask(policy, { address: '10.0.0.1' });
    expect(refused).toMatchObject({ allowed: false, grants: [{ holds: false, effect: 'allow' }] });
    expect(refused.needed).toBe('another time or network, or another grant');
    clock.tick(1_000);
    expect(ask(policy, { address: '10.0.0.1' }).allowed).toBe(true);
    expect(ask(policy, { address: '11.0.0.1' }).allowed).toBe(false);
  });

  it('says so where it is no grant that allows', async () => {
    using world = await openWorld(new MemoryStore(), { ...names, owns: () => [door] });
    await world.policy.groups.addMember('admins', 'person_anna', by);
    expect(ask(world.policy).because).toBe("Anna is in the group 'admins'");
    const own = world.policy.explain({ who: 'guest_1', right: 'read', thing: door });
    expect(own.because).toBe('it is the own Thing of Guest');
  });

  it('is refused about nobody', async () => {
    using world = await open();
    expect(() => ask(world.policy, { who: 'person_zoe' })).toThrow(
      "nobody has the id 'person_zoe'",
    );
  });
});

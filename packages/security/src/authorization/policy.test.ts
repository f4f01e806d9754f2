import { Problem, ThingId } from '@thingtalk/core';
import { MemoryDocuments, MemoryStore, settle } from '@thingtalk/core/testing';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../authentication/identity.ts';
import { anna, by, door, guest, lamp, openWorld, stranger } from './testing-policy.ts';

const who = { person: 'person_anna' };
const hour = 3_600_000;
const revoked = new Problem('unauthenticated', 'revoked');

describe('a decision', () => {
  it('is no, as long as nothing is granted', async () => {
    using world = await openWorld();
    const access = world.policy.accessOf(anna);
    expect(access.may('read', lamp)).toBe(false);
    expect(access.sees(lamp)).toBe(false);
    expect(access.manages).toBe(false);
    expect(access.isUnlimited).toBe(false);
  });

  it('follows grants as they come, change and go', async () => {
    using world = await openWorld();
    const { grants } = world.policy;
    const access = world.policy.accessOf(anna);
    const { id } = await grants.add(
      { who, on: { thing: lamp, affordance: 'on' }, ops: ['read'] },
      by,
    );
    expect(access.may('read', lamp, 'on')).toBe(true);
    expect(access.may('read', lamp, 'level')).toBe(false);
    expect(access.may('read', lamp)).toBe(false);
    expect(access.may('write', lamp, 'on')).toBe(false);
    expect(access.sees(lamp)).toBe(true);
    expect(access.sees(door)).toBe(false);
    await grants.put(id, { who, on: { thing: door }, ops: ['read'] }, by);
    expect(access.sees(lamp)).toBe(false);
    expect(access.may('read', door, 'anything')).toBe(true);
    await grants.delete(id, by);
    expect(access.sees(door)).toBe(false);
  });

  it('is no to the whole where a part is denied, and to no other part', async () => {
    using world = await openWorld();
    const { grants } = world.policy;
    await grants.add({ who, on: 'all', ops: ['read', 'write'] }, by);
    await grants.add(
      { who, on: { thing: lamp, affordance: 'log' }, ops: ['read'], effect: 'deny' },
      by,
    );
    const access = world.policy.accessOf(anna);
    expect(access.may('read', lamp)).toBe(false);
    expect(access.may('read', lamp, 'log')).toBe(false);
    expect(access.may('read', lamp, 'on')).toBe(true);
    expect(access.may('write', lamp)).toBe(true);
    expect(access.mayEverywhere('read')).toBe(false);
    expect(access.mayEverywhere('write')).toBe(true);
  });

  it('follows tags and types as they change', async () => {
    using world = await openWorld();
    const { policy, facts } = world;
    await policy.grants.add({ who, on: { tag: 'kitchen' }, ops: ['read'] }, by);
    await policy.grants.add({ who, on: { type: 'Lock' }, ops: ['read'], effect: 'deny' }, by);
    const access = policy.accessOf(anna);
    expect(access.may('read', lamp)).toBe(false);
    facts.set(lamp, { tags: ['kitchen'] });
    expect(access.may('read', lamp)).toBe(true);
    facts.set(lamp, { tags: ['kitchen'], types: ['Lock'] });
    expect(access.may('read', lamp)).toBe(false);
    facts.set(lamp, undefined);
    expect(access.may('read', lamp)).toBe(false);
  });

  it('depends on the network somebody comes from', async () => {
    using world = await openWorld();
    const { policy } = world;
    const when = { network: ['192.168.1.0/24'] };
    await policy.grants.add({ who, on: 'all', ops: ['read'], when }, by);
    const from = (address: string) => policy.accessOf(anna, { address }).may('read', lamp);
    expect(from('192.168.1.9')).toBe(true);
    expect(from('192.168.2.9')).toBe(false);
    expect(policy.accessOf(anna).may('read', lamp)).toBe(false);
    await policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    await policy.grants.add({ who, on: 'all', ops: ['read'], effect: 'deny', when }, by);
    expect(from('192.168.1.9')).toBe(false);
    expect(from('192.168.2.9')).toBe(true);
    expect(policy.accessOf(anna).may('read', lamp)).toBe(false);
  });

  it('is narrowed by what the credential is for, and never widened', async () => {
    using world = await openWorld();
    const { policy } = world;
    await policy.grants.add({ who, on: { thing: lamp }, ops: ['read', 'write'] }, by);
    await policy.groups.addMember('admins', 'person_anna', by);
    const scoped = (scopes: Identity['scopes']) =>
      policy.accessOf({ ...anna, ...(scopes && { scopes }) });
    const narrow = scoped([{ rights: ['read'], on: { thing: lamp, affordance: 'on' } }]);
    expect(narrow.may('read', lamp, 'on')).toBe(true);
    expect(narrow.may('read', lamp)).toBe(false);
    expect(narrow.may('write', lamp, 'on')).toBe(false);
    expect(narrow.sees(door)).toBe(false);
    expect(narrow.manages).toBe(false);
    expect(scoped([]).sees(lamp)).toBe(false);
    expect(scoped([{ rights: ['manage'] }]).manages).toBe(true);
    expect(scoped(undefined).manages).toBe(true);
  });

  it('lets a device take in its own Thing, and not command it', async () => {
    using world = await openWorld();
    const principal = { id: 'device_1', kind: 'device', name: 'Lamp' } as const;
    const access = world.policy.accessOf({ principal, credential: 'secret', owns: [lamp] });
    const rights = ['read', 'observe', 'subscribe', 'write', 'invoke', 'manage'] as const;
    expect(rights.filter((right) => access.may(right, lamp))).toEqual([
      'read',
      'observe',
      'subscribe',
    ]);
    expect(access.owns(lamp)).toBe(true);
    expect(access.owns(door) || access.sees(door)).toBe(false);
  });

  it('gives to groups: to those written down, to people, and to anybody', async () => {
    using world = await openWorld();
    const { policy } = world;
    await policy.groups.put('family', { name: 'Family', members: ['person_anna'] }, by);
    await policy.grants.add({ who: { group: 'family' }, on: 'all', ops: ['write'] }, by);
    await policy.grants.add({ who: { group: 'people' }, on: 'all', ops: ['observe'] }, by);
    await policy.grants.add({ who: { group: 'anybody' }, on: { thing: lamp }, ops: ['read'] }, by);
    const may = (identity: Identity) => {
      const access = policy.accessOf(identity);
      return (['read', 'observe', 'write'] as const).filter((right) => access.may(right, lamp));
    };
    expect(may(anna)).toEqual(['read', 'observe', 'write']);
    expect(may(guest)).toEqual(['read']);
    expect(may(stranger)).toEqual(['read']);
    await policy.groups.removeMember('family', 'person_anna', by);
    expect(may(anna)).toEqual(['read', 'observe']);
  });

  it('lets members of admins do everything that is not denied, and always manage', async () => {
    using world = await openWorld();
    const { policy } = world;
    await policy.groups.addMember('admins', 'person_anna', by);
    const access = policy.accessOf(anna);
    expect(access.manages && access.may('write', lamp) && access.mayEverywhere('read')).toBe(true);
    const ops = ['write', 'manage'];
    await policy.grants.add({ who: { group: 'admins' }, on: 'all', ops, effect: 'deny' }, by);
    expect(access.may('write', lamp)).toBe(false);
    expect(access.manages && access.may('manage', lamp)).toBe(true);
  });

  it('gives whoever manages everything no other right', async () => {
    using world = await openWorld();
    await world.policy.grants.add({ who, on: 'all', ops: ['manage'] }, by);
    const access = world.policy.accessOf(anna);
    expect(access.manages).toBe(true);
    expect(access.may('read', lamp)).toBe(false);
    await world.policy.grants.add(
      { who, on: { thing: lamp }, ops: ['manage'], effect: 'deny' },
      by,
    );
    expect(access.manages).toBe(false);
    expect(access.may('manage', door)).toBe(true);
  });
});

describe('who holds an access', () => {
  it('is told when an answer may have changed, and only then', async () => {
    using world = await openWorld();
    const { policy, facts } = world;
    const access = policy.accessOf(anna);
    const told: number[] = [];
    const stop = access.onChange(() => told.push(access.revision));
    const before = access.revision;
    await policy.grants.add({ who: { person: 'person_bert' }, on: 'all', ops: ['read'] }, by);
    facts.set(lamp, { tags: ['kitchen'] });
    expect([told.length, access.revision]).toEqual([0, before]);
    await policy.grants.add({ who, on: { tag: 'kitchen' }, ops: ['read'] }, by);
    expect(told.length).toBe(1);
    facts.set(lamp, { tags: ['hall'] });
    facts.set(lamp, { tags: ['hall'] });
    expect(told.length).toBe(2);
    expect(new Set([before, ...told]).size).toBe(3);
    stop();
    await policy.grants.add({ who, on: 'all', ops: ['write'] }, by);
    expect(told.length).toBe(2);
    expect(access.revision).not.toBe(told.at(-1));
  });

  it('is told even when somebody asked before it was', async () => {
    using world = await openWorld();
    const { policy } = world;
    const [first, second] = [policy.accessOf(anna), policy.accessOf(anna)];
    let told = 0;
    first.onChange(() => void second.may('read', lamp));
    second.onChange(() => told++);
    await policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    expect(told).toBe(1);
  });

  it('is told at the time at which a grant ends, however far away, by one timer', async () => {
    using world = await openWorld();
    const { policy, clock } = world;
    // Ninety days: more than a timer can wait for.
    const until = new Date(clock.now() + 90 * 24 * hour).toISOString();
    await policy.grants.add({ who, on: 'all', ops: ['read'], when: { until } }, by);
    const access = policy.accessOf(anna);
    const seen: boolean[] = [];
    access.onChange(() => seen.push(access.may('read', lamp)));
    policy.accessOf(anna).onChange(() => {});
    expect(clock.waiting).toBe(1);
    await clock.advance(90 * 24 * hour - 1);
    expect([access.may('read', lamp), seen]).toEqual([true, []]);
    await clock.advance(1);
    expect([access.may('read', lamp), seen]).toEqual([false, [false]]);
    expect(clock.waiting).toBe(0);
  });

  it('is told each day when hours begin and end', async () => {
    using world = await openWorld();
    const { policy, clock } = world;
    const when = { hours: { from: '07:00', to: '22:00' }, zone: 'UTC' };
    await policy.grants.add({ who, on: 'all', ops: ['read'], when }, by);
    const access = policy.accessOf(anna);
    const seen: string[] = [];
    access.onChange(() => {
      seen.push(`${new Date(clock.now()).toISOString().slice(8, 16)} ${access.may('read', lamp)}`);
    });
    await clock.advance(48 * hour);
    expect(seen).toEqual(['01T07:00 true', '01T22:00 false', '02T07:00 true', '02T22:00 false']);
  });

  it('is refused from the very moment, also where it does not listen', async () => {
    using world = await openWorld();
    const { policy, clock } = world;
    const until = new Date(clock.now() + hour).toISOString();
    await policy.grants.add({ who, on: 'all', ops: ['read'], when: { until } }, by);
    const access = policy.accessOf(anna);
    const session = policy.accessOf({ ...anna, expires: clock.now() + hour / 2 });
    clock.tick(hour / 2 - 1);
    expect([access.may('read', lamp), session.may('read', lamp)]).toEqual([true, true]);
    clock.tick(1);
    expect([access.may('read', lamp), session.may('read', lamp)]).toEqual([true, false]);
    clock.tick(hour / 2);
    expect(access.may('read', lamp)).toBe(false);
    expect(policy.accessOf({ ...anna, expires: clock.now() }).isOver).toBe(true);
  });

  it('keeps the scopes of two credentials apart', async () => {
    using world = await openWorld();
    const { policy } = world;
    await policy.grants.add({ who, on: 'all', ops: ['read', 'write'] }, by);
    const [one, other] = (['read', 'write'] as const).map((right) =>
      policy.accessOf({ ...anna, scopes: [{ rights: [right] }] }),
    );
    expect([one?.may('read', lamp), one?.may('write', lamp)]).toEqual([true, false]);
    expect([other?.may('read', lamp), other?.may('write', lamp)]).toEqual([false, true]);
  });

  it('loses everything when the credentials expire', async () => {
    using world = await openWorld();
    const { policy, clock } = world;
    await policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    const access = policy.accessOf({ ...anna, expires: clock.now() + hour });
    const ends: string[] = [];
    access.onEnd((why) => ends.push(why.detail));
    await clock.advance(hour - 1);
    expect([access.may('read', lamp), ends]).toEqual([true, []]);
    await clock.advance(1);
    expect(ends).toEqual(['the credentials have expired']);
    expect(access.may('read', lamp) || access.sees(lamp) || access.mayEverywhere('read')).toBe(
      false,
    );
    access.onEnd((why) => ends.push(why.detail));
    expect(ends.length).toBe(2);
  });

  it.each(['session_anna', 'person_anna'])('loses everything when %s is revoked', async (id) => {
    using world = await openWorld();
    const { policy, revocations } = world;
    await policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    const access = policy.accessOf(anna);
    const ends: Problem[] = [];
    access.onEnd((why) => ends.push(why));
    access.onEnd((why) => ends.push(why))();
    revocations.revoke(id, revoked);
    revocations.revoke(id, revoked);
    expect(ends).toEqual([revoked]);
    expect([access.may('read', lamp), access.isOver]).toEqual([false, true]);
    expect(policy.accessOf(anna).may('read', lamp)).toBe(true);
  });
});

describe('the policy', () => {
  it('is there again after a restart, with who wrote it and when', async () => {
    const documents = new MemoryDocuments();
    using first = await openWorld(new MemoryStore(documents));
    const grant = await first.policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    await first.policy.groups.addMember('admins', 'person_anna', by);
    using second = await openWorld(new MemoryStore(documents));
    expect(second.policy.grants.list()).toEqual([grant]);
    expect(second.policy.groups.get('admins').value.members).toEqual(['person_anna']);
    expect(grant).toMatchObject({ version: 1, author: 'person_admin', value: { effect: 'allow' } });
    expect(second.policy.accessOf(anna).manages).toBe(true);
  });

  it('is the same for all gateways of one store, at once', async () => {
    const documents = new MemoryDocuments();
    using here = await openWorld(new MemoryStore(documents));
    using there = await openWorld(new MemoryStore(documents));
    const access = there.policy.accessOf(anna);
    let told = 0;
    access.onChange(() => told++);
    const { id } = await here.policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    await settle();
    expect([access.may('read', lamp), told]).toEqual([true, 1]);
    await here.policy.grants.delete(id, by);
    await settle();
    expect([access.may('read', lamp), told]).toEqual([false, 2]);
  });

  it('is not followed in part: what cannot be read keeps it from opening', async () => {
    const store = new MemoryStore();
    await store.put('grants', 'grant_1', { who, on: 'all', opps: ['read'] }, by);
    await expect(openWorld(store)).rejects.toThrow(/\/ops/);
  });

  it('refuses a change that was meant for another version', async () => {
    using world = await openWorld();
    const { grants, groups } = world.policy;
    const grant = await grants.add({ who, on: 'all', ops: ['read'] }, by);
    const document = { who, on: 'all', ops: ['write'] };
    await grants.put(grant.id, document, { ...by, ifVersion: 1 });
    const late = { ...by, ifVersion: 1 };
    await expect(grants.put(grant.id, document, late)).rejects.toThrow(/at 2, not 1/);
    await expect(grants.delete(grant.id, late)).rejects.toMatchObject({
      name: 'precondition-failed',
    });
    await groups.put('family', { name: 'Family' }, { ...by, ifVersion: 0 });
    await expect(
      groups.put('family', { name: 'F' }, { ...by, ifVersion: 0 }),
    ).rejects.toMatchObject({
      name: 'precondition-failed',
    });
  });

  it('refuses what would leave nobody to manage the gateway, or makes no sense', async () => {
    using world = await openWorld();
    const { policy } = world;
    await policy.groups.addMember('admins', 'person_anna', by);
    const conflict = { name: 'conflict' };
    await expect(policy.groups.removeMember('admins', 'person_anna', by)).rejects.toMatchObject(
      conflict,
    );
    await expect(policy.groups.delete('admins', by)).rejects.toMatchObject(conflict);
    await expect(policy.forget('person_anna', by)).rejects.toMatchObject(conflict);
    await expect(policy.groups.put('anybody', { name: 'A' }, by)).rejects.toMatchObject(conflict);
    await expect(policy.groups.put('A B', { name: 'A' }, by)).rejects.toMatchObject({
      name: 'bad-request',
    });
    await expect(policy.grants.put('grant_0', {}, by)).rejects.toMatchObject({ name: 'not-found' });
    await expect(
      policy.grants.add({ who: { group: 'nobody' }, on: 'all', ops: ['read'] }, by),
    ).rejects.toMatchObject({
      name: 'unprocessable',
      validationErrors: [{ field: '/who/group', description: "there is no group 'nobody'" }],
    });
    await policy.groups.put('family', { name: 'Family' }, by);
    await policy.grants.add({ who: { group: 'family' }, on: 'all', ops: ['read'] }, by);
    await expect(policy.groups.delete('family', by)).rejects.toMatchObject(conflict);
  });

  it('forgets somebody who is no more', async () => {
    using world = await openWorld();
    const { policy } = world;
    await policy.groups.put(
      'admins',
      { name: 'Admins', members: ['person_anna', 'person_bert'] },
      by,
    );
    await policy.groups.put('family', { name: 'Family', members: ['person_anna'] }, by);
    await policy.grants.add({ who, on: 'all', ops: ['read'] }, by);
    await policy.grants.add({ who: { person: 'person_bert' }, on: 'all', ops: ['read'] }, by);
    await policy.forget('person_anna', by);
    expect(policy.groups.list().map(({ value }) => value.members)).toEqual([['person_bert'], []]);
    expect(policy.grants.list().map(({ value }) => value.who)).toEqual([{ person: 'person_bert' }]);
  });

  it('has its changes written down', async () => {
    using world = await openWorld();
    const { policy, recorded } = world;
    const { id } = await policy.grants.add(
      { who, on: { thing: ThingId('urn:a:b') }, ops: ['read'] },
      by,
    );
    await policy.grants.delete(id, by);
    await policy.groups.addMember('admins', 'person_anna', { author: 'setup' });
    const shared = { who: 'person_admin', from: '192.168.1.2', outcome: 'allowed', on: id };
    expect(recorded).toEqual([
      { ...shared, what: 'grant.create', why: 'person_anna may read urn:a:b' },
      { ...shared, what: 'grant.delete', why: 'person_anna may read urn:a:b' },
      {
        who: 'setup',
        from: '',
        outcome: 'allowed',
        what: 'group.put',
        on: 'admins',
        why: 'admins: person_anna',
      },
    ]);
  });
});

import { type Principal, type PrincipalKind, ThingId } from '@thingtalk/core';
import { MemoryStore } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Identity, Scope } from '../authentication/identity.ts';
import { mayByReference, type ReferenceWorld } from '../testing/reference-policy.ts';
import { type Grant, type Grantee, type GrantTarget, rights, weekdays } from './grant.ts';
import { readGrant } from './read-grant.ts';
import { openWorld } from './testing-policy.ts';

const things = ['urn:dev:a', 'urn:dev:b', 'urn:dev:c'].map((id) => ThingId(id));
const names = ['on', 'level'];
const tags = ['kitchen', 'hall'];
const types = ['Light', 'Lock'];
const groupIds = ['admins', 'family'];
const addresses = ['', '10.0.0.7', '10.9.1.1', '::ffff:10.0.0.7', 'fd00::5', '2001:db8::1'];
const networks = ['10.0.0.0/24', '10.0.0.0/8', 'fd00::/8', '10.9.1.1', '::/0', '0.0.0.0/1'];
const zones = ['UTC', 'Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe'];
// Around the nights on which Vienna and New York put their clocks forward and back.
const times = ['2026-03-28', '2026-10-24', '2026-11-01', '2026-06-10'].map((day) =>
  Date.parse(day),
);

const principals: readonly Principal[] = (
  ['person', 'person', 'app', 'device', 'guest', 'anonymous'] as const
).map((kind: PrincipalKind, at) => ({
  id: kind === 'anonymous' ? kind : `${kind}_${at}`,
  kind,
  name: kind,
}));

const some = <T>(all: readonly T[]) => fc.constantFrom(...all);
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), some(['00', '30']))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
const timeNear = (day: number) =>
  fc.integer({ min: 0, max: 60 * 60 * 72 }).map((seconds) => day + seconds * 1_000);
const time = some(times).chain(timeNear);

const who: fc.Arbitrary<Grantee> = fc.oneof(
  some(principals.filter(({ kind }) => kind !== 'anonymous')).map(
    ({ id, kind }) => ({ [kind]: id }) as unknown as Grantee,
  ),
  some([...groupIds, 'anybody', 'people']).map((group) => ({ group })),
);
const on: fc.Arbitrary<GrantTarget> = fc.oneof(
  fc.constant('all' as const),
  some(things).map((thing) => ({ thing })),
  fc.tuple(some(things), some(names)).map(([thing, affordance]) => ({ thing, affordance })),
  some(tags).map((tag) => ({ tag })),
  some(types).map((type) => ({ type })),
);
const when = fc
  .record(
    {
      from: time.map((at) => new Date(at).toISOString()),
      days: fc.uniqueArray(some(weekdays), { minLength: 1 }),
      hours: fc
        .tuple(clock, clock)
        .filter(([from, to]) => from !== to)
        .map(([from, to]) => ({ from, to })),
      network: fc.uniqueArray(some(networks), { minLength: 1 }),
    },
    { requiredKeys: [] },
  )
  .chain((conditions) => some(zones).map((zone) => ({ ...conditions, zone })));
const grant: fc.Arbitrary<Grant> = fc
  .record(
    {
      who,
      on,
      ops: fc.uniqueArray(some(rights), { minLength: 1 }),
      effect: fc.oneof({ weight: 3, arbitrary: some(['allow']) }, some(['deny'])),
      when,
    },
    { requiredKeys: ['who', 'on', 'ops', 'effect'] },
  )
  .map((draft) => {
    const isPart = draft.on !== 'all' && 'affordance' in draft.on;
    const ops = draft.ops.filter((right) => !isPart || right !== 'manage');
    return readGrant({ ...draft, ops: ops.length > 0 ? ops : ['read'] } as never);
  });
const scope: fc.Arbitrary<Scope> = fc.record(
  {
    rights: fc.uniqueArray(some(rights)),
    on: fc.record({ thing: some(things), affordance: some(names) }, { requiredKeys: ['thing'] }),
  },
  { requiredKeys: ['rights'] },
);
const identity: fc.Arbitrary<Identity> = fc.record(
  {
    principal: some(principals),
    credential: fc.constant('credential'),
    owns: fc.uniqueArray(some(things)),
    expires: time,
    scopes: fc.array(scope, { maxLength: 2 }),
  },
  { requiredKeys: ['principal', 'credential'] },
);
const world = fc.record({
  grants: fc.array(grant, { maxLength: 8 }),
  groups: fc.record(
    Object.fromEntries(
      groupIds.map((id) => [
        id,
        fc.uniqueArray(some(principals.map((one) => one.id)), { minLength: 1, maxLength: 2 }),
      ]),
    ),
    { requiredKeys: [] },
  ),
  things: fc.record(
    Object.fromEntries(
      things.map((id) => [
        id,
        fc.record({ tags: fc.uniqueArray(some(tags)), types: fc.uniqueArray(some(types)) }),
      ]),
    ),
    { requiredKeys: [] },
  ),
}) as fc.Arbitrary<ReferenceWorld>;

async function storeOf({ grants, groups }: ReferenceWorld): Promise<MemoryStore> {
  const store = new MemoryStore();
  const author = 'test';
  for (const [at, value] of grants.entries())
    await store.put('grants', `g${at}`, value, { author });
  for (const [id, members] of Object.entries(groups))
    await store.put('groups', id, { name: id, members }, { author });
  return store;
}

const affordances = [undefined, ...names];
const everything = things.flatMap((thing) =>
  rights.flatMap((right) => affordances.map((affordance) => ({ thing, right, affordance }))),
);

it('the policy decides as the reference does, whoever asks for whatever, whenever and from wherever', async () => {
  let asked = 0;
  let allowed = 0;
  const asks = fc.array(fc.tuple(identity, some(addresses)), { minLength: 1, maxLength: 3 });
  const moments = some(times).chain((day) =>
    fc.array(timeNear(day), { minLength: 1, maxLength: 4 }),
  );
  const property = fc.asyncProperty(world, asks, moments, async (made, askers, at) => {
    using opened = await openWorld(await storeOf(made));
    const { policy, clock, facts } = opened;
    const [first = 0, ...later] = at.sort((a, b) => a - b);
    clock.tick(first - clock.now());
    const accesses = askers.map(([one, address]) => policy.accessOf(one, { address }));
    for (const [id, fact] of Object.entries(made.things)) facts.set(ThingId(id), fact);
    for (const now of [first, ...later]) {
      clock.tick(now - clock.now());
      for (const [index, [one, address]] of askers.entries()) {
        const access = accesses[index];
        for (const { thing, right, affordance } of everything) {
          const question = { identity: one, address, time: now, right, thing };
          const named = affordance === undefined ? question : { ...question, affordance };
          const expected = mayByReference(made, named);
          const isAgreed =
            access?.may(right, thing, affordance) === expected &&
            // What is allowed everywhere is allowed here, and what anything is allowed of is seen.
            (expected ? access.sees(thing) : !access.mayEverywhere(right));
          if (!isAgreed) expect.fail(`the reference says ${expected}: ${JSON.stringify(named)}`);
          asked++;
          if (expected) allowed++;
        }
      }
    }
  });
  await fc.assert(property, { numRuns: 400 });
  expect(asked).toBeGreaterThan(50_000);
  // The worlds are such that both answers occur often.
  expect(allowed / asked).toBeGreaterThan(0.05);
}, 60_000);

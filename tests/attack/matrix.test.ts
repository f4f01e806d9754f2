import { defineThing, type Right, ThingId } from '@thingtalk/core';
import type { Grant, GrantTarget } from '@thingtalk/security';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cast, type CastMember } from '../support/cast.ts';
import { Expectations, type ExpectedWorld, offered } from '../support/expected-verdict.ts';
import { doorNames, type Verdict, Visitor, type Wanted } from '../support/policy-doors.ts';
import { type SecuredWorld, startSecuredWorld } from '../support/secured-world.ts';

const uses = ['read', 'write', 'observe', 'invoke', 'subscribe'] as const;
const rights: readonly Right[] = [...uses, 'manage'];
const thing = (name: string) => ThingId(`urn:dev:${name}`);

/** How what is granted of a Thing stands; each state is a Thing. */
type Given = Omit<Grant, 'who'>;
const allow = (name: string, more: Partial<Given> & { affordance?: string } = {}): Given => {
  const { affordance, ...rest } = more;
  const on: GrantTarget = { thing: thing(name), ...(affordance && { affordance }) };
  return { on, ops: affordance ? uses : rights, effect: 'allow', ...rest };
};
const deny = (name: string, more: Partial<Given> & { affordance?: string } = {}) =>
  allow(name, { effect: 'deny', ...more });
const of = (name: string, ...affordances: string[]) =>
  affordances.map((affordance) => allow(name, { affordance }));

const states: Readonly<Record<string, readonly Given[]>> = {
  ungranted: [],
  'by-affordance': of('by-affordance', 'on', 'power', 'fade', 'alarm', 'ghost'),
  'by-thing': [allow('by-thing')],
  'by-tag': [{ on: { tag: 'kitchen' }, ops: rights, effect: 'allow' }],
  'by-type': [{ on: { type: 'Lock' }, ops: rights, effect: 'allow' }],
  denied: [allow('denied'), deny('denied')],
  'denied-in-part': [allow('denied-in-part'), deny('denied-in-part', { affordance: 'on' })],
  'denied-by-tag': [
    allow('denied-by-tag'),
    { on: { tag: 'private' }, ops: ['write', 'invoke'], effect: 'deny' },
  ],
  expired: [allow('expired', { when: { until: '2020-01-01T00:00:00Z' } })],
  'not-yet': [allow('not-yet', { when: { from: '2099-01-01T00:00:00Z' } })],
  'denied-until': [
    allow('denied-until'),
    deny('denied-until', { when: { until: '2020-01-01T00:00:00Z' } }),
  ],
  'from-elsewhere': [allow('from-elsewhere', { when: { network: ['192.0.2.0/24'] } })],
  'from-here': [allow('from-here', { when: { network: ['127.0.0.0/8'] } })],
  absent: [allow('absent')],
  ...Object.fromEntries(rights.map((op) => [`only-${op}`, [allow(`only-${op}`, { ops: [op] })]])),
};
/** What is taken back before anybody asks. */
const revoked = [allow('revoked')];
/** What only those have who have it of everything. */
const wide: readonly Given[] = [
  { on: 'all', ops: uses, effect: 'allow' },
  deny('denied', { ops: ['read', 'write'] }),
];

const tags: Readonly<Record<string, readonly string[]>> = {
  [thing('by-tag')]: ['kitchen'],
  [thing('denied-by-tag')]: ['private'],
};
const types: Readonly<Record<string, readonly string[]>> = { [thing('by-type')]: ['Lock'] };
const present = [...Object.keys(states).filter((name) => name !== 'absent'), 'revoked', 'own'].map(
  thing,
);
const asked = [...present, thing('absent')];

const definitions = present.map((id) =>
  defineThing(
    id,
    {
      title: id,
      '@type': types[id] ?? [],
      properties: {
        on: { type: 'boolean' },
        level: { type: 'integer' },
        power: { type: 'integer', readOnly: true },
        pin: { type: 'integer', writeOnly: true },
      },
      actions: { fade: { synchronous: true } },
      events: { alarm: {} },
    },
    { initial: { on: true, level: 7, power: 7, pin: 7 }, actions: { fade: () => {} } },
  ),
);

/** One gateway for all, and those who ask it. */
class Matrix implements AsyncDisposable {
  readonly #world: SecuredWorld;
  readonly grants: Grant[] = [];
  readonly groups: Record<string, string[]> = {};
  readonly visitors: Visitor[] = [];

  private constructor(world: SecuredWorld) {
    this.#world = world;
  }

  static async open(): Promise<Matrix> {
    const world = await startSecuredWorld(definitions);
    const matrix = new Matrix(world);
    for (const [id, given] of Object.entries(tags)) {
      await world.manage('PUT', `/things/${id}/metadata`, { tags: given });
    }
    await matrix.#assemble(new Cast(world));
    return matrix;
  }

  get world(): ExpectedWorld {
    const things = Object.fromEntries(
      present.map((id) => [id, { tags: tags[id] ?? [], types: types[id] ?? [] }]),
    );
    const { grants, groups } = this;
    return { grants, groups, things, present, address: '127.0.0.1', time: Date.now() };
  }

  async grant(grant: Grant): Promise<string> {
    this.grants.push(grant);
    return (await this.#world.manage<{ id: string }>('POST', '/grants', grant)).id;
  }

  async takeBack(id: string, grant: Grant): Promise<void> {
    this.grants.splice(this.grants.indexOf(grant), 1);
    await this.#world.manage('DELETE', `/grants/${id}`);
  }

  async join(id: string, principal: string): Promise<void> {
    this.groups[id] = [...(this.groups[id] ?? []), principal];
    await this.#world.manage('PUT', `/groups/${id}/members/${principal}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const visitor of this.visitors) visitor[Symbol.dispose]();
    await this.#world[Symbol.asyncDispose]();
  }

  /** Everybody has all that the states say; those who are known by a group have it by that. */
  async #assemble(cast: Cast): Promise<void> {
    const limited: readonly Right[] = ['read', 'observe'];
    const onDoor = { thing: thing('by-thing'), affordance: 'on' };
    const members = [
      await cast.person(),
      await cast.service(),
      await cast.service([{ rights: limited }, { rights: ['write'], on: onDoor }]),
      await cast.app(uses),
      await cast.app(limited),
      await cast.device([thing('own')]),
      await cast.guest(),
      await cast.revokedService(),
      await cast.expiredService(),
    ];
    for (const one of members) await this.#give(whoIs(one), Object.values(states).flat());
    for (const one of members) for (const given of revoked) await this.#giveAndTake(one, given);
    const byGroup = { ...(await cast.service()), label: 'member of a group' };
    await this.join('family', byGroup.identity.principal.id);
    await this.#give({ group: 'family' }, Object.values(states).flat());
    const widely = { ...(await cast.service()), label: 'API token, for everything' };
    const wideDevice = { ...(await cast.device([thing('its')])), label: 'device, for everything' };
    for (const one of [widely, wideDevice]) await this.#give(whoIs(one), wide);
    const manager = { ...(await cast.service()), label: 'manager' };
    await this.join('admins', manager.identity.principal.id);
    await this.#give(whoIs(manager), [deny('denied')]);
    const nobody = { ...(await cast.service()), label: 'person with nothing' };
    const all = [...members, byGroup, widely, wideDevice, manager, nobody, cast.anonymous()];
    const { base, mqttPort } = this.#world;
    this.visitors.push(...all.map((one) => new Visitor(one, { base, mqttPort, tags })));
  }

  async #give(who: Grant['who'], given: readonly Given[]): Promise<void> {
    await Promise.all(given.map((each) => this.grant({ who, ...each })));
  }

  async #giveAndTake(one: CastMember, given: Given): Promise<void> {
    const grant = { who: whoIs(one), ...given };
    await this.takeBack(await this.grant(grant), grant);
  }
}

function whoIs({ identity: { principal } }: CastMember): Grant['who'] {
  return { [principal.kind]: principal.id } as Grant['who'];
}

const { properties, actions, events } = offered;
const affordances = [...properties, ...actions, ...events, 'ghost'];
/** What each right is asked about: all there is of its kind, something of another kind, and what is not there. */
const about: Readonly<Record<Right, readonly string[]>> = {
  read: [...properties, 'fade', 'ghost'],
  write: [...properties, 'fade', 'ghost'],
  observe: [...properties, 'alarm', 'ghost'],
  invoke: [...actions, 'on', 'ghost'],
  subscribe: [...events, 'on', 'ghost'],
  manage: [],
};
const everything: readonly Wanted[] = asked.flatMap((id) =>
  rights.flatMap((right) => [
    { right, thing: id },
    ...about[right].map((affordance) => ({ right, thing: id, affordance })),
  ]),
);

let matrix: Matrix;
beforeAll(async () => {
  matrix = await Matrix.open();
}, 60_000);
afterAll(() => matrix[Symbol.asyncDispose]());

const told = (visitor: Visitor, door: string, wanted: Wanted, verdict: Verdict | undefined) =>
  `${door}: ${visitor.member.label} wants to ${wanted.right} ${wanted.affordance ?? 'all'} of ${wanted.thing}: ${verdict}`;

test.each(doorNames)(
  '%s answers as the policy in its plainest form does, to everybody about everything',
  async (door) => {
    const counts = new Map<Verdict, number>();
    const disagreements: string[] = [];
    const expectations = new Expectations(matrix.world);
    await Promise.all(
      matrix.visitors.map(async (visitor) => {
        for (const wanted of everything) {
          const verdict = await visitor.ask(door, wanted);
          if (verdict === undefined) continue;
          const expected = expectations.verdict(visitor.member, door, wanted);
          counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
          if (verdict !== expected)
            disagreements.push(`${told(visitor, door, wanted, verdict)}, not ${expected}`);
        }
      }),
    );
    expect(disagreements.slice(0, 20)).toEqual([]);
    for (const verdict of ['allowed', 'forbidden', 'unknown'] as const) {
      expect(counts.get(verdict) ?? 0).toBeGreaterThan(100);
    }
  },
  120_000,
);

const some = <T>(all: readonly T[]) => fc.constantFrom(...all);
const target: fc.Arbitrary<GrantTarget> = fc.oneof(
  fc.constant('all' as const),
  some(asked).map((id) => ({ thing: id })),
  fc.tuple(some(asked), some(affordances)).map(([id, affordance]) => ({ thing: id, affordance })),
  some(['kitchen', 'private']).map((tag) => ({ tag })),
  some(['Lock']).map((type) => ({ type })),
);
const when = fc.record(
  {
    from: some(['2020-01-01T00:00:00.000Z', '2098-01-01T00:00:00.000Z']),
    until: some(['2020-01-02T00:00:00.000Z', '2099-01-01T00:00:00.000Z']),
    network: some([['127.0.0.1'], ['10.0.0.0/8']]),
  },
  { requiredKeys: [] },
);
const draft = fc
  .record(
    {
      whom: fc.nat(),
      on: target,
      ops: fc.subarray([...rights], { minLength: 1 }),
      effect: some(['allow', 'allow', 'deny'] as const),
      when,
    },
    { requiredKeys: ['whom', 'on', 'ops', 'effect'] },
  )
  .filter(({ on, ops }) => on === 'all' || !('affordance' in on) || !ops.includes('manage'))
  .filter(({ when: { from = '', until = '3' } = {} }) => from < until);
const question = fc.record({
  whom: fc.nat(),
  door: some(doorNames),
  wanted: some(everything),
  grant: fc.nat(),
});

test('whatever else is granted or denied, all doors follow at once, and agree with the plainest form', async () => {
  const { visitors } = matrix;
  const pick = (at: number) => visitors[at % visitors.length] ?? expect.fail();
  const property = fc.asyncProperty(
    fc.array(draft, { minLength: 1, maxLength: 5 }),
    fc.array(question, { minLength: 8, maxLength: 8 }),
    async (drafts, questions) => {
      const given = new Map<string, Grant>();
      for (const { whom, ...rest } of drafts) {
        const { member } = pick(whom);
        if (member.identity.principal.kind === 'anonymous') continue;
        const grant = { who: whoIs(member), ...rest } as Grant;
        given.set(await matrix.grant(grant), grant);
      }
      try {
        const expectations = new Expectations(matrix.world);
        for (const { whom, door, wanted, grant } of questions) {
          // Half of what is asked is about somebody and something that was just granted.
          const one = drafts[grant % (2 * drafts.length)];
          const visitor = pick(one?.whom ?? whom);
          const on = one?.on ?? 'all';
          const asking = on !== 'all' && 'thing' in on ? { ...wanted, thing: on.thing } : wanted;
          const verdict = await visitor.ask(door, asking);
          if (verdict === undefined) continue;
          const expected = expectations.verdict(visitor.member, door, asking);
          expect(told(visitor, door, asking, verdict)).toBe(told(visitor, door, asking, expected));
        }
      } finally {
        for (const [id, grant] of given) await matrix.takeBack(id, grant);
      }
    },
  );
  await fc.assert(property, { numRuns: 200, endOnFailure: true });
}, 120_000);

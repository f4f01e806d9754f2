/** Load program: asks the policy in this process, of 1,000 people and 10,000 Things; or, as the floor, a map of the Things. */
import { type Access, type Principal, type Right, type Store, ThingId } from '@thingtalk/core';
import { Policy, Revocations, type ThingFacts } from '@thingtalk/security';
import { openSqlite } from '@thingtalk/storage';
import { dataDirectory } from '../servers/data-directory.ts';
import { finish, median, task } from './program.ts';

/** What to do. */
export interface DecisionTask {
  /** Who asks about what: anybody about anything, one about all Things after another, all about one Thing; or the floor. */
  readonly asked: 'anybody about anything' | 'one about all' | 'all about one' | 'a map';
  readonly seconds: number;
}

const people = 1_000;
const rooms = 40;
/** Decisions that are timed together: one alone takes less than the clock can tell. */
const together = 100;
const rights = ['read', 'write', 'observe'] as const satisfies readonly Right[];

const { asked, seconds } = task<DecisionTask>();
const things = Array.from({ length: 10_000 }, (_, n) => ThingId(`urn:dev:lamp-${n}`));
const byId = new Map(things.map((thing, n) => [thing, n]));

const facts: ThingFacts = {
  of: (thing) => ({ tags: [`room-${(byId.get(thing) ?? 0) % rooms}`], types: ['Light'] }),
  watch: () => () => {},
};

using data = dataDirectory();
await using storage = await openSqlite({ directory: data.path });
await fill(storage.store);
using policy = await Policy.open({
  store: storage.store,
  facts,
  revocations: new Revocations(),
});
const accesses = Array.from({ length: people }, (_, n) => accessOf(n));
const questions = Array.from({ length: 100_000 }, (_, n) => questionOf(n));

const turns: number[] = [];
let allowed = 0;
// Each question twice, unmeasured: what is measured is a gateway that has been asked before.
for (const question of [...questions, ...questions]) if (decide(question)) allowed++;
const until = performance.now() + seconds * 1_000;
for (let at = 0; performance.now() < until; at = (at + together) % questions.length) {
  const start = process.hrtime.bigint();
  for (let next = at; next < at + together; next++) {
    if (decide(questions[next] as Question)) allowed++;
  }
  turns.push(Number(process.hrtime.bigint() - start) / together / 1_000);
}
if (allowed === 0) throw new Error('nothing was allowed: this measures refusals only');
finish({ value: median(turns) });

interface Question {
  readonly access: Access;
  readonly thing: ThingId;
  readonly right: Right;
  readonly affordance: string | undefined;
}

function decide({ access, thing, right, affordance }: Question): boolean {
  return asked === 'a map' ? byId.has(thing) : access.may(right, thing, affordance);
}

function questionOf(n: number): Question {
  const who = asked === 'one about all' ? 7 : asked === 'all about one' ? n : anyOf(people);
  const what =
    asked === 'one about all' ? n : asked === 'all about one' ? 77 : anyOf(things.length);
  return {
    access: accesses[who % people] as Access,
    thing: things[what % things.length] as ThingId,
    right: rights[anyOf(rights.length)] ?? 'read',
    affordance: n % 2 === 0 ? 'on' : undefined,
  };
}

function anyOf(count: number): number {
  return Math.floor(Math.random() * count);
}

/** Half of them by a token, which expires. */
function accessOf(n: number): Access {
  const principal: Principal = { id: `person_${n}`, kind: 'person', name: `Person ${n}` };
  const expires = n % 2 === 0 ? {} : { expires: Date.now() + 86_400_000 };
  return policy.accessOf({ principal, credential: `token_${n}`, ...expires });
}

/** Four grants to each: to a room, to a Thing, to an affordance, and a denial. */
async function fill(store: Store): Promise<void> {
  const by = { author: 'bench' };
  for (let n = 0; n < people; n++) {
    const who = { person: `person_${n}` };
    const [own, part, denied] = [0, 1, 2].map((more) => `urn:dev:lamp-${n * 10 + more}`);
    const grants = [
      { who, on: { tag: `room-${n % rooms}` }, ops: ['read', 'write'] },
      { who, on: { thing: own ?? '' }, ops: ['read', 'observe'] },
      { who, on: { thing: part ?? '', affordance: 'on' }, ops: ['read'] },
      { who, on: { thing: denied ?? '' }, ops: ['read'], effect: 'deny' },
    ];
    await Promise.all(
      grants.map((grant, at) => store.put('grants', `grant_${n}_${at}`, grant, by)),
    );
  }
}

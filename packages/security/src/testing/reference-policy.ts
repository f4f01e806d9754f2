import type { Right, ThingId } from '@thingtalk/core';
import type { Grant, GrantConditions, Identity, ThingFact } from '../index.ts';

/** All that a decision depends on, as plain data. */
export interface ReferenceWorld {
  readonly grants: readonly Grant[];
  /** Members by the id of their group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Tags and types by the id of a Thing. */
  readonly things: Readonly<Record<string, ThingFact>>;
}

/** Who wants what, when and from where. */
export interface ReferenceQuestion {
  readonly identity: Identity;
  readonly address: string;
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly right: Right;
  readonly thing: ThingId;
  /** Default: all of the Thing. */
  readonly affordance?: string;
}

/** The policy in its plainest form, to test all others against: it looks at every grant, every time, and knows no tables. */
export function mayByReference(world: ReferenceWorld, question: ReferenceQuestion): boolean {
  const { identity, right, thing, affordance, time, address } = question;
  const { principal, owns = [], expires = Number.POSITIVE_INFINITY, scopes } = identity;
  if (time >= expires) return false;
  const isScoped = scopes?.some(({ rights, on }) => {
    const isWithin = on?.affordance === undefined || on.affordance === affordance;
    return rights.includes(right) && (on === undefined || (on.thing === thing && isWithin));
  });
  if (isScoped === false) return false;
  const isAdmin = world.groups.admins?.includes(principal.id) && principal.kind !== 'anonymous';
  if (isAdmin && right === 'manage') return true;
  const mine = world.grants.filter(
    (grant) =>
      grant.ops.includes(right) &&
      isOneOf(grant.who, question, world) &&
      isOpen(grant.when ?? {}, time) &&
      isFrom(grant, address),
  );
  const isDenied = mine.some(
    ({ effect, on }) => effect === 'deny' && (about(on, question, world) || isPart(on, question)),
  );
  if (isDenied) return false;
  if (isAdmin) return true;
  if (owns.includes(thing) && ['read', 'observe', 'subscribe'].includes(right)) return true;
  return mine.some(({ effect, on }) => effect === 'allow' && about(on, question, world));
}

function isOneOf(
  who: Grant['who'],
  { identity: { principal } }: ReferenceQuestion,
  world: ReferenceWorld,
): boolean {
  const { id, kind } = principal;
  if (!('group' in who)) return JSON.stringify(who) === JSON.stringify({ [kind]: id });
  if (who.group === 'anybody') return true;
  if (kind === 'anonymous') return false;
  return (
    (who.group === 'people' && kind === 'person') || world.groups[who.group]?.includes(id) === true
  );
}

function about(
  on: Grant['on'],
  { thing, affordance }: ReferenceQuestion,
  { things }: ReferenceWorld,
): boolean {
  if (on === 'all') return true;
  if ('tag' in on) return things[thing]?.tags.includes(on.tag) === true;
  if ('type' in on) return things[thing]?.types.includes(on.type) === true;
  return on.thing === thing && (on.affordance === undefined || on.affordance === affordance);
}

/** Whether all of a Thing is wanted, and a part of it is meant. */
function isPart(on: Grant['on'], { thing, affordance }: ReferenceQuestion): boolean {
  return affordance === undefined && on !== 'all' && 'thing' in on && on.thing === thing;
}

const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function isOpen(
  { from, until, days, hours, zone = 'UTC' }: GrantConditions,
  time: number,
): boolean {
  if (from !== undefined && time < Date.parse(from)) return false;
  if (until !== undefined && time >= Date.parse(until)) return false;
  if (days === undefined && hours === undefined) return true;
  const show = (options: object) =>
    new Date(time).toLocaleString('en-GB', { timeZone: zone, ...options });
  const today = show({ weekday: 'short' }).toLowerCase();
  const now = show({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const isOn = (day: string) => days === undefined || days.some((one) => one === day);
  const yesterday = week[(week.indexOf(today) + 6) % 7] ?? '';
  if (hours === undefined) return isOn(today);
  if (hours.from < hours.to) return isOn(today) && now >= hours.from && now < hours.to;
  return (isOn(today) && now >= hours.from) || (isOn(yesterday) && now < hours.to);
}

function isFrom({ when, effect }: Grant, address: string): boolean {
  if (when?.network === undefined) return true;
  if (address === '') return effect === 'deny';
  return when.network.some((network) => {
    const [base = '', length] = network.split('/');
    const [theirs, ours] = [bitsOf(address), bitsOf(base)];
    const prefix = length === undefined ? ours.length : Number(length);
    return theirs.length === ours.length && theirs.startsWith(ours.slice(0, prefix));
  });
}

/** An address as 32 or 128 characters `0` and `1`. */
function bitsOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (plain.includes('.'))
    return plain
      .split('.')
      .map((part) => bits(Number(part), 8))
      .join('');
  const [left = '', right] = plain
    .split('::')
    .map((half) => half.split(':').filter((part) => part !== ''));
  const parts = [
    ...left,
    ...Array(8 - left.length - (right?.length ?? 0)).fill('0'),
    ...(right ?? []),
  ];
  return parts.map((part) => bits(Number.parseInt(part, 16), 16)).join('');
}

function bits(value: number, length: number): string {
  return value.toString(2).padStart(length, '0');
}

import type { Right } from '@thingtalk/core';
import {
  anybody,
  type Grant,
  type GrantConditions,
  type Grantee,
  type GrantTarget,
  people,
  type Weekday,
} from './grant.ts';
import type { Names } from './names.ts';

/** What a group is called; `undefined` when there is none of the id. */
export type GroupName = (id: string) => string | undefined;

const dayNames: Readonly<Record<Weekday, string>> = {
  mon: 'Mondays',
  tue: 'Tuesdays',
  wed: 'Wednesdays',
  thu: 'Thursdays',
  fri: 'Fridays',
  sat: 'Saturdays',
  sun: 'Sundays',
};

/** A grant in words: `Anna may read and write 'on' of Kitchen lamp until Sunday 29 November 2026 at 18:00 (UTC)`. */
export function describeGrant(grant: Grant, names: Names, groupName: GroupName): string {
  const { who, on, ops, effect, when } = grant;
  const verb = effect === 'allow' ? 'may' : 'may not';
  const rights = listed(ops, effect === 'allow' ? 'and' : 'or');
  return [
    granteeName(who, names, groupName),
    verb,
    rights,
    targetName(on, names),
    ...inWords(when),
  ].join(' ');
}

function granteeName(who: Grantee, names: Names, groupName: GroupName): string {
  if (!('group' in who)) {
    const [id = ''] = Object.values(who) as readonly string[];
    return names.principal(id)?.name ?? id;
  }
  if (who.group === anybody) return 'Anybody';
  if (who.group === people) return 'Everybody with an account';
  return `The group ${groupName(who.group) ?? who.group}`;
}

function targetName(on: GrantTarget, names: Names): string {
  if (on === 'all') return 'everything';
  if ('tag' in on) return `all that is tagged '${on.tag}'`;
  if ('type' in on) return `every ${on.type}`;
  const thing = names.thing(on.thing) ?? on.thing;
  return on.affordance === undefined ? thing : `'${on.affordance}' of ${thing}`;
}

function inWords(when: GrantConditions = {}): readonly string[] {
  const { from, until, days, hours, zone = 'UTC', network } = when;
  const words: string[] = [];
  if (days)
    words.push(
      `on ${listed(
        days.map((day) => dayNames[day]),
        'and',
      )}`,
    );
  if (hours) words.push(`between ${hours.from} and ${hours.to}`);
  if (from) words.push(`from ${timeName(from, zone)}`);
  if (until) words.push(`until ${timeName(until, zone)}`);
  if (days || hours || from || until) words.push(`(${zone})`);
  if (network) words.push(`from the network ${listed(network, 'or')}`);
  return words;
}

function timeName(time: string, zone: string): string {
  const date = new Date(time);
  const day = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  }).format(date);
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
  }).format(date);
  return `${day.replace(',', '')} at ${clock}`;
}

function listed(words: readonly (string | Right)[], conjunction: string): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

import {
  type Check,
  claim,
  Findings,
  formats,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  listOf,
  type Right,
  ThingId,
  word,
} from '@thingtalk/core';
import { atMost, both, exactly, textUpTo } from './document-checks.ts';
import {
  type Grant,
  type GrantConditions,
  type Grantee,
  type GrantTarget,
  granteeKinds,
  rights,
  type Weekday,
  weekdays,
} from './grant.ts';
import { isZone, minutesOf } from './local-time.ts';
import { isNetwork } from './networks.ts';

const maxId = 200;
const maxName = 128;
const maxNetworks = 50;

/** Id of a group: lower-case letters, digits and hyphens. */
export const groupId = claim(
  'the id of a group: up to 64 of a-z, 0-9 and hyphens, a letter first',
  (value) => typeof value === 'string' && /^[a-z][a-z\d-]{0,63}$/.test(value),
);

/** Id of a principal. */
export const principalId = textUpTo(maxId);

const thingId = claim('the id of a Thing: a URI', (value) => {
  try {
    return typeof value === 'string' && ThingId(value) === value;
  } catch {
    return false;
  }
});

const moment = claim('a date and time (RFC 3339)', (value) => Number.isFinite(timeOf(value)));

const minute = claim(
  "a time of day as '07:00'",
  (value) => typeof value === 'string' && minutesOf(value) !== undefined,
);

const network = claim(
  "a network as '192.168.1.0/24' or 'fd00::/8'",
  (value) => typeof value === 'string' && isNetwork(value),
);

const zone = claim(
  "a time zone as 'Europe/Vienna'",
  (value) => typeof value === 'string' && isZone(value),
);

const grantee = {
  ...Object.fromEntries(granteeKinds.map((kind) => [kind, principalId])),
  group: groupId,
};

const who: Check = both(exactly(grantee), (value, at, findings) => {
  if (isJsonObject(value) && Object.keys(value).length !== 1)
    findings.add(at, `it must name one of ${Object.keys(grantee).join(', ')}`);
});

const target = exactly({
  thing: thingId,
  affordance: textUpTo(maxName),
  tag: textUpTo(maxName),
  type: textUpTo(maxName),
});

const on: Check = (value, at, findings) => {
  if (value === 'all') return;
  if (!isJsonObject(value))
    return findings.add(at, "it must be 'all' or an object with thing, tag or type");
  target(value, at, findings);
  const named = ['thing', 'tag', 'type'].filter((name) => Object.hasOwn(value, name));
  if (named.length !== 1) findings.add(at, 'it must name one of thing, tag, type');
  if (Object.hasOwn(value, 'affordance') && named[0] !== 'thing')
    findings.add(at, 'an affordance is one of a thing');
};

const conditions = exactly({
  from: moment,
  until: moment,
  days: both(listOf(word(weekdays), 1), atMost(weekdays.length)),
  hours: exactly({ from: minute, to: minute }, ['from', 'to']),
  zone,
  network: both(listOf(network, 1), atMost(maxNetworks)),
});

const when: Check = both(conditions, (value, at, findings) => {
  if (!isJsonObject(value)) return;
  const { from, until, hours, days, zone: named } = value;
  if (timeOf(until) <= timeOf(from)) findings.add(`${at}/until`, 'it is not after from');
  if ((hours !== undefined || days !== undefined) && named === undefined)
    findings.add(`${at}/zone`, "'zone' is missing: days and hours are those of a time zone");
  if (isJsonObject(hours) && hours.from === hours.to)
    findings.add(`${at}/hours`, 'from and to are the same; leave hours out to mean the whole day');
});

const manageWhole: Check = (value, at, findings) => {
  if (!isJsonObject(value) || !isJsonObject(value.on) || !Array.isArray(value.ops)) return;
  if (Object.hasOwn(value.on, 'affordance') && value.ops.includes('manage'))
    findings.add(`${at}/ops`, "'manage' is about whole Things, never about one affordance");
};

const grant: Check = both(
  exactly(
    {
      who,
      on,
      ops: both(listOf(word(rights), 1), atMost(rights.length)),
      effect: word(['allow', 'deny']),
      when,
    },
    ['who', 'on', 'ops'],
  ),
  manageWhole,
);

/**
 * Reads a grant, and puts it into the one form in which it is kept: rights and days in their order and once, times in UTC,
 * `effect` written out.
 *
 * @throws {@link Problem} `data-schema-mismatch` with all that is wrong in `validationErrors`.
 */
export function readGrant(value: JsonValue | undefined): Grant {
  const findings = new Findings();
  grant(value ?? null, '', findings);
  findings.throwIfAny('data-schema-mismatch', 'the grant');
  const read = value as JsonObject & Grant;
  const { who, on, effect = 'allow' } = read;
  const ops = inOrder(rights, read.ops);
  return {
    who: { ...who } as Grantee,
    on: on === 'all' ? on : targetOf(on),
    ops: ops as readonly Right[],
    effect,
    ...(read.when !== undefined && { when: conditionsOf(read.when) }),
  };
}

function targetOf(target: Exclude<GrantTarget, 'all'>): GrantTarget {
  if (!('thing' in target)) return { ...target };
  const { thing, affordance } = target;
  return { thing, ...(affordance !== undefined && { affordance }) };
}

function conditionsOf(when: GrantConditions): GrantConditions {
  const { from, until, days, hours, zone: named, network: networks } = when;
  return {
    ...(from !== undefined && { from: canonicalTime(from) }),
    ...(until !== undefined && { until: canonicalTime(until) }),
    ...(days !== undefined && { days: inOrder(weekdays, days) as readonly Weekday[] }),
    ...(hours !== undefined && { hours: { from: hours.from, to: hours.to } }),
    ...(named !== undefined && { zone: named }),
    ...(networks !== undefined && { network: [...new Set(networks)].sort() }),
  };
}

function inOrder<T extends string>(words: readonly T[], named: readonly T[]): readonly T[] {
  return words.filter((one) => named.includes(one));
}

function canonicalTime(text: string): string {
  return new Date(timeOf(text)).toISOString();
}

/** Milliseconds since 1970; not a number for what is no time. */
function timeOf(value: JsonValue | undefined): number {
  return typeof value === 'string' && formats['date-time'](value) ? Date.parse(value) : Number.NaN;
}

import type { Right, ThingId } from '@thingtalk/core';
import type { Identity } from '@thingtalk/security';
import { mayByReference, type ReferenceWorld } from '@thingtalk/security/testing';
import type { CastMember } from './cast.ts';
import type { DoorName, Verdict, Wanted } from './policy-doors.ts';

/** What each Thing of the world offers, and which of its properties are read-only or write-only. */
export const offered = {
  properties: ['on', 'level', 'power', 'pin'],
  actions: ['fade'],
  events: ['alarm'],
  readOnly: 'power',
  writeOnly: 'pin',
} as const;

const names: readonly string[] = [...offered.properties, ...offered.actions, ...offered.events];

const rightsOf = {
  properties: ['read', 'write', 'observe'],
  actions: ['invoke'],
  events: ['subscribe'],
} as const;

const allRights: readonly Right[] = ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'];

/** All that a verdict depends on. */
export interface ExpectedWorld extends ReferenceWorld {
  /** Things that are there: grants may speak of others. */
  readonly present: readonly ThingId[];
  readonly address: string;
  readonly time: number;
}

/** What each door should answer in one world, said once more without a table. */
export class Expectations {
  readonly #world: ExpectedWorld;
  /** What the reference said before: it takes its time. */
  readonly #said = new Map<string, boolean>();
  /** Whatever a grant names, and what nobody names: it shows the Thing as well. */
  readonly #names: ReadonlySet<string | undefined>;

  constructor(world: ExpectedWorld) {
    this.#world = world;
    const granted = world.grants.flatMap(({ on }) =>
      on !== 'all' && 'affordance' in on ? [on.affordance] : [],
    );
    this.#names = new Set([undefined, 'nothing of the kind', ...granted, ...names]);
  }

  /** What somebody should be answered. */
  verdict(member: CastMember, door: DoorName, { right, thing, affordance }: Wanted): Verdict {
    const { identity, isKnown, isKnownToMqtt } = member;
    const may = (what: Right, name?: string) => this.#may(identity, what, thing, name);
    if (door === 'MQTT') {
      if (!isKnownToMqtt) return 'unknown';
      return may(right, affordance) ? 'allowed' : 'forbidden';
    }
    if (!isKnown) return 'unknown';
    const isThere = this.#world.present.includes(thing);
    const isManager = this.#world.groups.admins?.includes(identity.principal.id) === true;
    if (right === 'manage' && isManager) return isThere ? 'allowed' : 'hidden';
    const sees = [...this.#names].some((name) => allRights.some((what) => may(what, name)));
    if (!isThere || !sees) return 'hidden';
    if (affordance === undefined) {
      // A stream of all there is brings what its reader may hear of.
      const parts = door === 'SSE' ? namesFor(right).filter((name) => fits(name, right)) : [];
      const isAllowed = may(right) || parts.some((name) => may(right, name));
      return isAllowed ? 'allowed' : 'forbidden';
    }
    if (!isShown(affordance, right, may)) return 'hidden';
    return may(right, affordance) && fits(affordance, right) ? 'allowed' : 'forbidden';
  }

  #may(identity: Identity, right: Right, thing: ThingId, affordance?: string): boolean {
    const key = JSON.stringify([identity.principal.id, right, thing, affordance]);
    const known = this.#said.get(key);
    if (known !== undefined) return known;
    const { address, time } = this.#world;
    const question = { identity, address, time, right, thing };
    const said = mayByReference(
      this.#world,
      affordance === undefined ? question : { ...question, affordance },
    );
    this.#said.set(key, said);
    return said;
  }
}

const kinds = ['properties', 'actions', 'events'] as const;

function kindFor(right: Right) {
  return kinds.find((one) => (rightsOf[one] as readonly Right[]).includes(right));
}

/** What there is that a right may be about. */
function namesFor(right: Right): readonly string[] {
  const kind = kindFor(right);
  return kind === undefined ? [] : offered[kind];
}

/** Whether an affordance is there, as what the right is about, and there is anything that may be done with it. */
function isShown(
  name: string,
  right: Right,
  may: (right: Right, name: string) => boolean,
): boolean {
  const kind = kindFor(right);
  if (kind === undefined || !namesFor(right).includes(name)) return false;
  return rightsOf[kind].some((what) => fits(name, what) && may(what, name));
}

function fits(name: string, right: Right): boolean {
  if (name === offered.readOnly) return right !== 'write';
  if (name === offered.writeOnly) return right !== 'read' && right !== 'observe';
  return true;
}

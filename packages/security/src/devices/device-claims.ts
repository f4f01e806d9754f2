import { type Clock, Problem, type Store, type ThingId, Turns } from '@thingtalk/core';
import { makeSecret, readSecret, sameHash } from '../authentication/secret-text.ts';
import { admins, everPresentGroups } from '../authorization/grant.ts';
import type { Groups } from '../authorization/groups.ts';
import { HeldDocuments } from '../documents/held-documents.ts';
import { type Device, mostThingsOfDevice } from './device.ts';
import type { Devices, DeviceWithSecret } from './devices.ts';

/** How long a claim token is good, in milliseconds: 10 minutes. */
export const claimLifeMs = 600_000;

const mostClaims = 100;

/** Leave for one device to come in. */
export interface DeviceClaim {
  readonly id: string;
  /** Whose the device will be: id of a principal. */
  readonly owner: string;
  /** The group that it will be a member of. Default: none. */
  readonly group?: string;
  /** The only Things it may speak for. Default: any that are not known here yet. */
  readonly things?: readonly ThingId[];
  readonly expires: number;
}

interface ClaimDocument extends DeviceClaim {
  readonly hash: string;
}

/** Where devices are put into groups: the policy's. */
export type DeviceGroups = Pick<Groups, 'has' | 'addMember' | 'forget'>;

/** What {@link DeviceClaims} are made of. */
export interface DeviceClaimsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly devices: Devices;
  readonly groups: DeviceGroups;
  /** Whether there is a Thing of this id already: only a token that names it lets a device speak for it. */
  readonly isKnown: (thing: ThingId) => boolean;
}

/** What a device says to come in. */
export interface ClaimingDevice {
  readonly token: string;
  readonly name: string;
  /** The Things it speaks for; those of the token when it names none. */
  readonly things: readonly ThingId[];
}

/**
 * Claim tokens, `tt_claim_...`: good once, for ten minutes, and exchanged for a device's own secret. Kept as hashes, in the collection
 * `device-claims`.
 */
export class DeviceClaims implements Disposable {
  readonly #claims: HeldDocuments<ClaimDocument>;
  readonly #options: DeviceClaimsOptions;
  readonly #turns = new Turns<'claim'>();

  private constructor(claims: HeldDocuments<ClaimDocument>, options: DeviceClaimsOptions) {
    this.#claims = claims;
    this.#options = options;
  }

  static async open(options: DeviceClaimsOptions): Promise<DeviceClaims> {
    const claims = await HeldDocuments.open<ClaimDocument>(options.store, 'device-claims');
    return new DeviceClaims(claims, options);
  }

  /**
   * Makes a token.
   *
   * @returns it, and its text, which nobody can read again.
   * @throws {@link Problem} `conflict` when a device speaks for one of the Things, or too many tokens are open; `unprocessable`
   * for a group that there is not, or whose members manage the gateway.
   */
  async create(
    { owner, group, things }: Pick<DeviceClaim, 'owner' | 'group' | 'things'>,
    author: string,
  ): Promise<{ claim: DeviceClaim; token: string }> {
    const now = this.#options.clock.now();
    await this.#makeRoom(now);
    this.#options.devices.refuseOwned(things ?? []);
    if (group !== undefined) this.#checkGroup(group);
    const secret = makeSecret('claim');
    const claim: DeviceClaim = {
      id: `claim_${secret.id}`,
      owner,
      ...(group !== undefined && { group }),
      ...(things !== undefined && { things }),
      expires: now + claimLifeMs,
    };
    await this.#claims.put(claim.id, { ...claim, hash: secret.hash }, { author, ifVersion: 0 });
    return { claim, token: secret.text };
  }

  /**
   * Lets a device in, and uses the token up. A token that was refused for its Things is still good.
   *
   * @throws {@link Problem} `unauthenticated` for a token that is none, used or over; `forbidden` for Things it is not for;
   * `conflict` for Things of another device; `unprocessable` when there are none, or too many.
   */
  claim(asking: ClaimingDevice): Promise<DeviceWithSecret> {
    // One after the other: of two that want the same Thing the second must see the first.
    return this.#turns.take('claim', async () => {
      const claim = this.#find(asking.token);
      const things = this.#thingsFor(claim, asking.things);
      this.#options.devices.refuseOwned(things);
      // The store decides between two who use it at once, on this gateway or on two.
      await this.#claims.delete(claim.id, { author: claim.id }).catch((cause) => {
        throw cause instanceof Problem && cause.name === 'not-found' ? noToken() : cause;
      });
      return this.#letIn({ name: asking.name, things, owner: claim.owner }, claim);
    });
  }

  /** Removes a device, from its groups too, and closes what it has open. @throws {@link Problem} `not-found`. */
  async remove(id: string, author: string): Promise<Device> {
    const device = await this.#options.devices.remove(id, author);
    await this.#options.groups.forget(id, { author });
    return device;
  }

  /**
   * Takes a device from its owner: it is removed with all it had, and whoever it goes to claims it anew for the same Things.
   *
   * @throws {@link Problem} `not-found`.
   */
  async transfer(
    id: string,
    owner: string,
    author: string,
  ): Promise<{ device: Device; claim: DeviceClaim; token: string }> {
    await this.#makeRoom(this.#options.clock.now());
    const device = await this.remove(id, author);
    return { device, ...(await this.create({ owner, things: device.things }, author)) };
  }

  [Symbol.dispose](): void {
    this.#claims[Symbol.dispose]();
  }

  /** A device that cannot be put into its group does not come in without it. */
  async #letIn(
    device: Pick<Device, 'name' | 'things' | 'owner'>,
    { id: author, group }: DeviceClaim,
  ): Promise<DeviceWithSecret> {
    const made = await this.#options.devices.add(device, author);
    if (group === undefined) return made;
    const { id } = made.device;
    try {
      await this.#options.groups.addMember(group, id, { author });
      return made;
    } catch (cause) {
      await this.#options.devices.remove(id, author);
      throw cause;
    }
  }

  #checkGroup(group: string): void {
    if (group === admins || everPresentGroups.includes(group)) {
      throw new Problem('unprocessable', `a device cannot be put into the group '${group}'`);
    }
    if (!this.#options.groups.has(group)) {
      throw new Problem('unprocessable', `there is no group '${group.slice(0, 80)}'`);
    }
  }

  #find(token: string): DeviceClaim {
    const read = readSecret('claim', token);
    const claim = read && this.#claims.get(`claim_${read.id}`);
    if (read === undefined || claim === undefined || !sameHash(claim.hash, read.hash)) {
      throw noToken();
    }
    if (claim.expires <= this.#options.clock.now()) throw noToken();
    return claim;
  }

  #thingsFor(claim: DeviceClaim, wanted: readonly ThingId[]): readonly ThingId[] {
    const things = wanted.length === 0 ? (claim.things ?? []) : wanted;
    if (things.length < 1 || things.length > mostThingsOfDevice) {
      throw new Problem(
        'unprocessable',
        `a device speaks for 1 to ${mostThingsOfDevice} Things, not ${things.length}`,
      );
    }
    const { isKnown } = this.#options;
    const isFor = (thing: ThingId) => claim.things?.includes(thing) ?? !isKnown(thing);
    const other = things.find((thing) => !isFor(thing));
    if (other === undefined) return things;
    throw new Problem('forbidden', `the claim token is not for '${other}'`);
  }

  /** Takes away what is over. @throws {@link Problem} `conflict` when there are too many all the same. */
  async #makeRoom(now: number): Promise<void> {
    for (const { id, expires } of [...this.#claims.values()]) {
      if (expires > now) continue;
      // Somebody else who makes room may be first.
      await this.#claims.delete(id, { author: 'security' }).catch(() => {});
    }
    if (this.#claims.size >= mostClaims) {
      throw new Problem('conflict', `${mostClaims} claim tokens are open; wait till some are over`);
    }
  }
}

/** The same for a token that never was, was used, or is over: none of these is told to a stranger. */
function noToken(): Problem {
  return new Problem(
    'unauthenticated',
    'the claim token is none, was used, or is over: ask for a new one',
  );
}

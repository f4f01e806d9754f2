import type { Timer, Visit } from '@thingtalk/core';
import { type Clock, type Principal, Problem, type Store, type ThingId } from '@thingtalk/core';
import { badCredentials, bearerOf } from '../authentication/bearer.ts';
import type { Authenticator, Identity } from '../authentication/identity.ts';
import type { MqttAuthenticator, MqttVisit } from '../authentication/mqtt-visit.ts';
import type { Revocations } from '../authentication/revocations.ts';
import { isOfKind, makeSecret, readSecret, sameHash } from '../authentication/secret-text.ts';
import { HeldDocuments } from '../documents/held-documents.ts';
import {
  type Device,
  type DeviceCredential,
  type DeviceDocument,
  isClientIdOf,
  principalOf,
  withoutSecrets,
} from './device.ts';

/** What {@link Devices} are made of. */
export interface DevicesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly revocations: Revocations;
}

/** A device, and the secret that nobody can read again. */
export interface DeviceWithSecret {
  readonly device: Device;
  readonly secret: string;
}

/** How long the old secret is good after a device got a new one by itself, in milliseconds: 10 minutes. */
export const renewalOverlapMs = 600_000;

const mostDevices = 10_000;

/**
 * The devices and their secrets, `tt_device_...`: kept as hashes, in the collection `devices`.
 *
 * A device connects to MQTT with its id as user name and client id and its secret as password, and asks over HTTP with the secret
 * as bearer token. What it has open ends when its secret is no longer good, on every gateway of the database.
 */
export class Devices implements Authenticator, MqttAuthenticator, Disposable {
  readonly #documents: HeldDocuments<DeviceDocument>;
  readonly #options: DevicesOptions;
  readonly #owners = new Map<ThingId, string>();
  /** By credential, so that who comes again is recognised as the same. */
  readonly #identities = new Map<string, Identity>();
  readonly #endings = new Map<string, Timer>();
  readonly #seen = new Map<string, number>();

  private constructor(documents: HeldDocuments<DeviceDocument>, options: DevicesOptions) {
    this.#documents = documents;
    this.#options = options;
    for (const { id, value } of documents.list()) this.#follow(id, value, undefined);
    documents.onChange((id, now, before) => this.#follow(id, now, before));
  }

  static async open(options: DevicesOptions): Promise<Devices> {
    return new Devices(await HeldDocuments.open<DeviceDocument>(options.store, 'devices'), options);
  }

  authenticate(visit: Visit): Identity | undefined {
    const text = bearerOf(visit);
    return text !== undefined && isOfKind('device', text) ? this.#identify(text) : undefined;
  }

  authenticateMqtt({ username, password, clientId }: MqttVisit): Identity | undefined {
    if (!isOfKind('device', password)) return undefined;
    const identity = this.#identify(password);
    const { id } = identity.principal;
    if (username !== id) throw badCredentials('the user name is not the id of the device');
    if (!isClientIdOf(id, clientId)) {
      throw badCredentials(
        `the client id '${clientId.slice(0, 64)}' is not of this device: '${id}' is, alone or with ':' and more`,
      );
    }
    return identity;
  }

  /** All devices, in the order of their names. */
  list(): readonly Device[] {
    return [...this.#documents.values()]
      .map(withoutSecrets)
      .sort((a, b) => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1));
  }

  /** @throws {@link Problem} `not-found`. */
  get(id: string): Device {
    return withoutSecrets(this.#document(id));
  }

  /** Who a device is, for the policy; `undefined` when there is none. */
  principal(id: string): Principal | undefined {
    const device = this.#documents.get(id);
    return device && principalOf(device);
  }

  /** The Things a device speaks for. */
  owns(id: string): readonly ThingId[] {
    return this.#documents.get(id)?.things ?? [];
  }

  /** Id of the device that speaks for a Thing. */
  ownerOf(thing: ThingId): string | undefined {
    return this.#owners.get(thing);
  }

  /** When a device last showed its secret since this gateway started, in milliseconds since 1970. */
  lastSeen(id: string): number | undefined {
    return this.#seen.get(id);
  }

  /**
   * Takes a device in.
   *
   * @throws {@link Problem} `conflict` when another one speaks for one of its Things, or there are too many.
   */
  async add(
    { name, things, owner }: Pick<Device, 'name' | 'things' | 'owner'>,
    author: string,
  ): Promise<DeviceWithSecret> {
    this.refuseOwned(things);
    if (this.#documents.size >= mostDevices) {
      throw new Problem('conflict', `there are ${mostDevices} devices already: remove some`);
    }
    const secret = makeSecret('device');
    const id = `device_${secret.id}`;
    const now = this.#options.clock.now();
    const credential = { id: `${id}/1`, hash: secret.hash };
    const document = { id, name, things, owner, created: now, renewed: now, credential };
    await this.#documents.put(id, document, { author, ifVersion: 0 });
    return { device: withoutSecrets(document), secret: secret.text };
  }

  /** @throws {@link Problem} `conflict` when a device speaks for one of them. */
  refuseOwned(things: readonly ThingId[]): void {
    const owned = things.find((thing) => this.#owners.has(thing));
    if (owned === undefined) return;
    throw new Problem('conflict', `'${owned}' is another device's: transfer or remove that first`);
  }

  /**
   * Gives a device a new secret. Where the device did it by itself, the old one is good for ten minutes more, for an answer can be
   * lost on its way; where somebody else did, it is over at once, with all that is open by it.
   *
   * @param by the credential the device showed; left out for somebody else.
   * @throws {@link Problem} `not-found`.
   */
  async renew(id: string, author: string, by?: string): Promise<DeviceWithSecret> {
    const { previous: _, ...document } = this.#document(id);
    const now = this.#options.clock.now();
    const secret = makeSecret('device', id.slice('device_'.length));
    const count = Number(document.credential.id.slice(id.length + 1)) + 1;
    const credential = { id: `${id}/${count}`, hash: secret.hash };
    const previous = this.#previous(id, by);
    const renewed = { ...document, renewed: now, credential, ...(previous && { previous }) };
    await this.#documents.put(id, renewed, { author });
    return { device: withoutSecrets(renewed), secret: secret.text };
  }

  /** Removes a device: its secret is over at once, with all that is open by it. @throws {@link Problem} `not-found`. */
  async remove(id: string, author: string): Promise<Device> {
    const device = this.get(id);
    await this.#documents.delete(id, { author });
    return device;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#endings.values()) timer.cancel();
    this.#documents[Symbol.dispose]();
  }

  #document(id: string): DeviceDocument {
    const document = this.#documents.get(id);
    if (document === undefined) throw new Problem('not-found', `there is no device '${id}'`);
    return document;
  }

  #identify(text: string): Identity {
    const read = readSecret('device', text);
    if (read === undefined) throw badCredentials('a secret of a device, mistyped or cut off');
    const device = this.#documents.get(`device_${read.id}`);
    const found = credentialsOf(device).find(({ hash }) => sameHash(hash, read.hash));
    if (device === undefined || found === undefined || this.#isOver(found)) {
      throw badCredentials('a secret of a device that is not known, or over');
    }
    this.#seen.set(device.id, this.#options.clock.now());
    const known = this.#identities.get(found.id);
    if (known !== undefined) return known;
    const identity: Identity = {
      principal: principalOf(device),
      credential: found.id,
      owns: device.things,
      ...(found.until !== undefined && { expires: found.until }),
    };
    this.#identities.set(found.id, identity);
    return identity;
  }

  #isOver({ until }: { readonly until?: number }): boolean {
    return until !== undefined && until <= this.#options.clock.now();
  }

  #previous(id: string, by: string | undefined): DeviceDocument['previous'] {
    const { credential, previous } = this.#document(id);
    if (by === credential.id) {
      return { ...credential, until: this.#options.clock.now() + renewalOverlapMs };
    }
    // The device never got the secret that was to take this one's place.
    return by !== undefined && by === previous?.id ? previous : undefined;
  }

  #follow(id: string, now: DeviceDocument | undefined, before: DeviceDocument | undefined): void {
    for (const thing of before?.things ?? []) this.#owners.delete(thing);
    for (const thing of now?.things ?? []) this.#owners.set(thing, id);
    if (now === undefined) this.#seen.delete(id);
    const good = new Set(credentialsOf(now).map((credential) => credential.id));
    for (const { id: old } of credentialsOf(before)) {
      this.#identities.delete(old);
      if (!good.has(old)) this.#end(old);
    }
    if (now === undefined) this.#options.revocations.revoke(id, over());
    else if (now.previous !== undefined) this.#endLater(now.previous);
  }

  #endLater({ id, until }: { readonly id: string; readonly until: number }): void {
    const { clock } = this.#options;
    this.#endings.get(id)?.cancel();
    this.#endings.set(
      id,
      clock.after(Math.max(0, until - clock.now()), () => this.#end(id)),
    );
  }

  #end(credential: string): void {
    this.#endings.get(credential)?.cancel();
    this.#endings.delete(credential);
    this.#identities.delete(credential);
    this.#options.revocations.revoke(credential, over());
  }
}

function credentialsOf(
  device: DeviceDocument | undefined,
): readonly (DeviceCredential & { readonly until?: number })[] {
  if (device === undefined) return [];
  const { credential, previous } = device;
  return previous === undefined ? [credential] : [credential, previous];
}

function over(): Problem {
  return badCredentials('a secret of a device that is over');
}

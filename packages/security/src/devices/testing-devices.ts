import {
  type Access,
  type AuditEntry,
  type JsonValue,
  openAccess,
  Problem,
  type RouteReply,
  type ThingId,
  Topics,
} from '@thingtalk/core';
import { FakeClock, MemoryDocuments, MemoryStore } from '@thingtalk/core/testing';
import type { Identity } from '../authentication/identity.ts';
import { Revocations } from '../authentication/revocations.ts';
import { Policy } from '../authorization/policy.ts';
import { anonymousIdentity } from '../guard.ts';
import { DeviceClaims } from './device-claims.ts';
import { deviceRoutes } from './device-routes.ts';
import { Devices } from './devices.ts';

/** Who asks in these tests: somebody who manages, nobody, or a device. */
export const manager: Identity = {
  principal: { id: 'person_1', kind: 'person', name: 'Ada' },
  credential: 'session_1',
};

/** The devices of a gateway, asked as its HTTP server asks. */
export async function openDeviceWorld(documents = new MemoryDocuments(), clock = new FakeClock()) {
  const store = new MemoryStore(documents, clock);
  const revocations = new Revocations();
  const entries: AuditEntry[] = [];
  const known = new Set<ThingId>();
  const devices = await Devices.open({ store, clock, revocations });
  const isKnown = (thing: ThingId) => known.has(thing);
  const facts = { of: () => undefined, watch: () => () => {} };
  const policy = await Policy.open({ store, clock, revocations, facts });
  const { groups } = policy;
  const claims = await DeviceClaims.open({ store, clock, devices, groups, isKnown });
  const identities = new Map<Access, Identity>();
  const routes = deviceRoutes({
    ...{ devices, claims, topics: new Topics() },
    audit: { record: (entry) => void entries.push(entry) },
    identityOf: (access) => identities.get(access) ?? anonymousIdentity,
    brokerUrl: () => 'mqtts://hub.local:8883',
  });

  const ask = async (operationId: string, asking: Asking = {}) => {
    const { by = manager, body, id = '' } = asking;
    const route = routes.find((one) => one.operationId === operationId);
    const access = { ...openAccess, principal: by.principal, manages: by === manager };
    identities.set(access, by);
    try {
      const reply = await route?.handle({
        ...{ params: { id }, query: {}, headers: {}, body, url: '/', base: 'https://hub.local' },
        ...{ address: '192.0.2.7', isSecure: true, signal: new AbortController().signal, access },
      });
      return { status: reply?.status ?? 0, json: jsonOf(reply) };
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
      return { status: cause.status, json: JSON.parse(JSON.stringify(cause)) };
    }
  };
  /** Has a device claimed, as an administrator and the device do it between them. */
  const claimDevice = async (...thingIds: string[]): Promise<Claimed> => {
    const { json } = await ask('createDeviceClaim');
    const body = { token: json.token, name: 'Lamp', thingIds };
    return (await ask('claimDevice', { by: anonymousIdentity, body })).json;
  };
  const connect = (some: Partial<Parameters<Devices['authenticateMqtt']>[0]>) =>
    devices.authenticateMqtt({
      ...{ username: '', password: '', clientId: '', isClean: true, address: '192.0.2.7' },
      ...some,
    });
  return {
    ...{ ask, claimDevice, claims, clock, connect, devices, documents, entries, groups, known },
    policy,
    ...{ revocations, routes, store },
    [Symbol.dispose]: () => {
      policy[Symbol.dispose]();
      devices[Symbol.dispose]();
      claims[Symbol.dispose]();
    },
  };
}

/** How somebody asks. */
interface Asking {
  readonly by?: Identity;
  readonly id?: string;
  readonly body?: JsonValue;
}

/** What a claimed device is told. */
export interface Claimed {
  readonly id: string;
  readonly secret: string;
  readonly mqtt: { readonly publish: readonly string[]; readonly subscribe: readonly string[] };
}

function jsonOf(reply: RouteReply | undefined) {
  return typeof reply?.body === 'string' ? JSON.parse(reply.body) : undefined;
}

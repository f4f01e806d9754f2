import type { Access, Audit, Route, RouteRequest, Topics } from '@thingtalk/core';
import { Problem } from '@thingtalk/core';
import { idOf, recordDone } from '../authentication/authentication-door.ts';
import type { Identity } from '../authentication/identity.ts';
import { Members } from '../authentication/members.ts';
import { done, privately, refusal, written } from '../authentication/replies.ts';
import { type Device, readDeviceName, readThingIds } from './device.ts';
import type { DeviceClaim, DeviceClaims } from './device-claims.ts';
import { claimBody, claimSchema, deviceSchema, secretSchema } from './device-schemas.ts';
import { deviceTopics } from './device-topics.ts';
import type { Devices, DeviceWithSecret } from './devices.ts';

/** What the rows of devices work with. */
export interface DeviceDoor {
  readonly devices: Devices;
  readonly claims: DeviceClaims;
  readonly audit: Audit;
  readonly topics: Topics;
  /** By what a request was recognised: `SecurityGuard.identityOf`. */
  readonly identityOf: (access: Access) => Identity;
  /** Where a device that came in by this address finds the broker, as `mqtts://hub.local:8883`. Default: it is not told. */
  readonly brokerUrl?: (base: string) => string | undefined;
}

const tags = ['Devices'];
const params = { id: 'Id of the device' };

/** The rows by which devices come in, are looked after and go. */
export function deviceRoutes(door: DeviceDoor): readonly Route[] {
  return [...managing(door), claiming(door), renewing(door)];
}

function managing(door: DeviceDoor): readonly Route[] {
  const { devices, claims } = door;
  const row = { tags, admits: 'managers' } as const;
  return [
    {
      ...row,
      method: 'GET',
      path: '/devices',
      operationId: 'listDevices',
      summary: 'Lists the devices',
      responses: {
        200: answer('They, without their secrets', { type: 'array', items: deviceSchema }),
      },
      handle: () => privately(devices.list().map((device) => shown(door, device))),
    },
    {
      ...row,
      method: 'GET',
      path: '/devices/:id',
      operationId: 'getDevice',
      summary: 'Reads a device',
      params,
      responses: { 200: answer('It, without its secret', deviceSchema), 404: refusal.absent },
      handle: (request) => privately(shown(door, devices.get(idOf(request)))),
    },
    {
      ...row,
      method: 'POST',
      path: '/devices/claims',
      operationId: 'createDeviceClaim',
      records: 'changes',
      summary:
        'Makes a token with which one device comes in within ten minutes; it is shown this once',
      body: claimBody.create,
      responses: {
        201: answer('The token', claimSchema),
        400: refusal.malformed,
        409: refusal.conflict,
        422: refusal.impossible,
      },
      async handle(request) {
        const members = new Members(request.body ?? {}, ['thingIds', 'owner', 'group']);
        const thingIds = members.optionalTexts('thingIds');
        const group = members.optionalText('group');
        const wanted = {
          ...(group !== undefined && { group }),
          owner: members.optionalText('owner') ?? request.access.principal.id,
          ...(thingIds !== undefined && { things: readThingIds(thingIds) }),
        };
        const made = await claims.create(wanted, request.access.principal.id);
        recordDone(door, request, { what: 'device.invite', on: made.claim.id });
        return privately(shownClaim(made), 201);
      },
    },
    {
      ...row,
      method: 'POST',
      path: '/devices/:id/transfer',
      operationId: 'transferDevice',
      records: 'changes',
      summary:
        'Takes a device from its owner, and makes a token with which the next one claims it for the same Things',
      params,
      body: claimBody.transfer,
      responses: {
        201: answer('The token', claimSchema),
        400: refusal.malformed,
        404: refusal.absent,
      },
      async handle(request) {
        const owner = new Members(request.body, ['owner']).text('owner');
        const by = request.access.principal.id;
        const { claim, token } = await claims.transfer(idOf(request), owner, by);
        recordDone(door, request, {
          what: 'device.transfer',
          on: idOf(request),
          why: `to ${owner}`,
        });
        return privately(shownClaim({ claim, token }), 201);
      },
    },
    {
      ...row,
      method: 'DELETE',
      path: '/devices/:id',
      operationId: 'removeDevice',
      records: 'changes',
      summary: 'Removes a device, and closes what it has open',
      params,
      responses: { 204: { description: 'It is gone' }, 404: refusal.absent },
      async handle(request) {
        await claims.remove(idOf(request), request.access.principal.id);
        recordDone(door, request, { what: 'device.remove', on: idOf(request) });
        return done;
      },
    },
  ];
}

function claiming(door: DeviceDoor): Route {
  return {
    method: 'POST',
    path: '/devices/claim',
    operationId: 'claimDevice',
    records: 'visits',
    summary: "Exchanges a claim token for a device's own secret, which is shown this once",
    description:
      'The device needs no credentials but the token. Its id is its MQTT user name and client id, the secret its password.',
    tags,
    admits: 'anybody',
    body: claimBody.claim,
    responses: {
      201: answer('The device, its secret and its topics', secretSchema),
      400: refusal.malformed,
      401: refusal.unauthenticated,
      403: refusal.forbidden,
      409: refusal.conflict,
      422: refusal.impossible,
    },
    async handle(request) {
      const members = new Members(request.body, ['token', 'name', 'thingIds']);
      const asking = {
        token: members.text('token'),
        name: readDeviceName(members.text('name')),
        things: readThingIds(members.optionalTexts('thingIds') ?? []),
      };
      const what = 'device.claim';
      try {
        const made = await door.claims.claim(asking);
        const { id: who, things } = made.device;
        const entry = { who, from: request.address, what, on: things.join(' ') };
        door.audit.record({ ...entry, outcome: 'allowed' });
        return privately(shownSecret(door, made, request), 201);
      } catch (cause) {
        // What is forbidden the server writes down, here as elsewhere.
        if (cause instanceof Problem && cause.name !== 'forbidden') {
          const { address: from } = request;
          door.audit.record({ who: 'anonymous', from, what, outcome: 'denied', why: cause.detail });
        }
        throw cause;
      }
    },
  };
}

function renewing(door: DeviceDoor): Route {
  return {
    method: 'POST',
    path: '/devices/:id/renew',
    operationId: 'renewDevice',
    records: 'changes',
    summary: 'Gives a device a new secret, which is shown this once',
    description:
      'A device may do this for itself; its old secret is then good for ten minutes more. Where a manager does it, the old one is over at once.',
    tags,
    params,
    responses: {
      200: answer('The device, its secret and its topics', secretSchema),
      404: refusal.absent,
    },
    async handle(request) {
      const { access } = request;
      const id = idOf(request);
      const isItself = access.principal.id === id;
      // Whoever may not know of it is told what they would be told if there were none.
      if (!isItself && !access.manages)
        throw new Problem('not-found', `there is no device '${id}'`);
      const by = isItself ? door.identityOf(access).credential : undefined;
      const renewed = await door.devices.renew(id, access.principal.id, by);
      recordDone(door, request, { what: 'device.renew', on: id });
      return privately(shownSecret(door, renewed, request));
    },
  };
}

function answer(description: string, schema: object) {
  return { description, contentType: 'application/json', schema: { ...schema } };
}

function shown({ devices }: DeviceDoor, device: Device): object {
  const { id, name, things: thingIds, owner, created, renewed } = device;
  const seen = devices.lastSeen(id);
  return {
    ...{ id, name, thingIds, owner, created: written(created), renewed: written(renewed) },
    ...(seen !== undefined && { seen: written(seen) }),
  };
}

function shownClaim({ claim, token }: { claim: DeviceClaim; token: string }): object {
  const { id, owner, group, things, expires } = claim;
  return {
    id,
    token,
    owner,
    ...(group && { group }),
    ...(things && { thingIds: things }),
    expires: written(expires),
  };
}

function shownSecret(
  { topics, brokerUrl }: DeviceDoor,
  { device, secret }: DeviceWithSecret,
  { base }: RouteRequest,
): object {
  const { id, name, things } = device;
  const url = brokerUrl?.(base);
  const mqtt = { ...(url && { url }), clientId: id, username: id, ...deviceTopics(topics, things) };
  return { id, name, thingIds: things, secret, mqtt };
}

import type { JsonValue } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { counter } from '../support/counter.ts';
import {
  type AdministeredGateway,
  goodPassword,
  startSecuredGateway,
} from '../support/secured-gateway.ts';

const expires = new Date(Date.now() + 3_600_000).toISOString();

/** What was made before, by the name it is given here: its id and, where it has one, its secret. */
type Made = Readonly<Record<string, { readonly id: string; readonly secret: string }>>;

/**
 * Something that is asked for over HTTP by the administrator, or with what stands before it, `-` for nothing, as token: how, with what
 * body, the status, and what is written down. `{name}` in the path is the id of what was made as `name`.
 */
type Act = readonly [
  request: string,
  body: JsonValue | ((made: Made) => JsonValue) | undefined,
  status: number,
  record: string,
  makes?: string,
];

const grant = ({ bob }: Made) => ({
  ...{ who: { person: bob?.id ?? '' }, on: { thing: counter.id }, ops: ['read'] },
});
const claim = ({ claim: invited }: Made) => ({
  ...{ token: invited?.secret ?? '', name: 'Fan', thingIds: ['urn:dev:fan'] },
});
const login = (password: string) => ({ name: 'bob', password });
const app = { name: 'App', redirectUris: ['https://app.example/back'] };

/** What is done to people, rights, tokens, links, apps and devices, and who comes in. */
const acts: readonly Act[] = [
  ['POST /people', login(goodPassword), 201, 'person.create allowed', 'bob'],
  ['PATCH /people/{bob}', { isDisabled: false }, 200, 'person.change allowed'],
  ['- POST /session', login(goodPassword), 204, 'login allowed'],
  ['- POST /session', login('guessed'), 401, 'login denied'],
  ['POST /grants', grant, 201, 'grant.create allowed', 'grant'],
  ['PUT /grants/{grant}', grant, 200, 'grant.put allowed'],
  ['DELETE /grants/{grant}', undefined, 204, 'grant.delete allowed'],
  ['DELETE /grants/{grant}', undefined, 404, 'deleteGrant allowed'],
  ['PUT /groups/family', { name: 'Family', members: [] }, 201, 'group.put allowed'],
  ['PUT /groups/family/members/{bob}', undefined, 200, 'group.put allowed'],
  ['DELETE /groups/family', undefined, 204, 'group.delete allowed'],
  ['POST /tokens', { name: 'panel', expires }, 201, 'token.create allowed', 'token'],
  ['DELETE /tokens/{token}', undefined, 204, 'token.revoke allowed'],
  ['POST /guests', { name: 'Guest', expires }, 201, 'guest.create allowed', 'guest'],
  ['DELETE /guests/{guest}', undefined, 204, 'guest.revoke allowed'],
  ['POST /apps', app, 201, 'app.create allowed', 'app'],
  ['DELETE /apps/{app}', undefined, 204, 'app.delete allowed'],
  ['POST /devices/claims', {}, 201, 'device.invite allowed', 'claim'],
  ['- POST /devices/claim', claim, 201, 'device.claim allowed', 'device'],
  ['- POST /devices/claim', claim, 401, 'device.claim denied'],
  ['POST /devices/{device}/renew', undefined, 200, 'device.renew allowed'],
  ['DELETE /devices/{device}', undefined, 204, 'device.remove allowed'],
  ['DELETE /people/{bob}', undefined, 204, 'person.delete allowed'],
  ['- POST /grants', {}, 401, 'createGrant denied'],
  ['guessed POST /grants', {}, 401, 'authenticate denied'],
  [`PUT /things/${counter.id}/properties/level`, 7, 204, 'writeproperty allowed'],
];

/** Asks; gives the status, and what is in the answer. */
async function ask(world: AdministeredGateway, request: string, body: JsonValue | undefined) {
  const [path = '', method = '', shown = world.admin.token] = request.split(' ').reverse();
  const token = shown === '-' ? {} : { token: shown };
  const sent = body === undefined ? {} : { body };
  const answer = await world.ask(path, { method, ...token, ...sent });
  const text = await answer.text();
  const isJson = answer.ok && text !== '';
  const told: Readonly<Record<string, string>> = isJson ? JSON.parse(text) : {};
  const { id = '', token: made, secret = made ?? '' } = told;
  return { status: answer.status, id, secret };
}

test('what is done is written down once, by whoever knows most of it', async () => {
  await using world = await startSecuredGateway({}, { expose: [counter] });
  const { audit } = world.security;
  const made: Record<string, { id: string; secret: string }> = {};
  for (const [request, body, status, record, makes] of acts) {
    const [newest] = (await audit.query({ limit: 1 })).entries;
    const target = request.replace(/\{(\w+)\}/g, (_, name) => made[name]?.id ?? '');
    const answer = await ask(world, target, typeof body === 'function' ? body(made) : body);
    if (makes !== undefined) made[makes] = answer;
    const { entries } = await audit.query({});
    const added = entries.filter(({ n }) => n > (newest?.n ?? 0));
    const told = added.map(({ what, outcome }) => `${what} ${outcome}`);
    expect([request, answer.status, told]).toEqual([request, status, [record]]);
  }
});

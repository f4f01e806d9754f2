import {
  type JsonValue,
  openAccess,
  type Route,
  type RouteReply,
  type RouteRequest,
} from '@thingtalk/core';
import { describe, expect, it } from 'vitest';
import type { Policy } from './policy.ts';
import { policyRoutes } from './policy-routes.ts';
import { lamp, openWorld, type PolicyWorld } from './testing-policy.ts';

interface Sent {
  readonly body?: JsonValue;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to the row that stands for it. */
async function send(policy: Policy, line: string, { body, headers = {} }: Sent = {}) {
  const [method = '', url = ''] = line.split(' ');
  const { pathname, searchParams } = new URL(url, 'http://gateway');
  for (const route of policyRoutes(policy)) {
    const params = route.method === method ? paramsOf(route, pathname) : undefined;
    if (params === undefined) continue;
    const request: RouteRequest = {
      params,
      query: Object.fromEntries(searchParams),
      headers,
      body,
      url,
      base: 'http://gateway',
      address: '192.168.1.2',
      isSecure: true,
      signal: AbortSignal.timeout(5_000),
      access: { ...openAccess, principal: { id: 'person_root', kind: 'person', name: 'Root' } },
    };
    return read(await route.handle(request));
  }
  throw new Error(`no row for ${line}`);
}

function paramsOf({ path }: Route, pathname: string): Record<string, string> | undefined {
  const [wanted, given] = [path.split('/'), pathname.split('/')];
  if (wanted.length !== given.length) return undefined;
  const pairs = wanted.map((level, at) => [level, decodeURIComponent(given[at] ?? '')] as const);
  if (pairs.some(([level, value]) => !level.startsWith(':') && level !== value)) return undefined;
  return Object.fromEntries(pairs.map(([level, value]) => [level.slice(1), value]));
}

function read({ status, headers = {}, body }: RouteReply) {
  return { status, headers, body: typeof body === 'string' ? JSON.parse(body) : undefined };
}

const grant = { who: { person: 'person_anna' }, on: { thing: lamp }, ops: ['read'] };

async function withWorld(work: (world: PolicyWorld) => Promise<void>): Promise<void> {
  using world = await openWorld();
  await work(world);
}

describe('the rows of the policy', () => {
  it('are for managers only', () =>
    withWorld(async ({ policy }) => {
      expect(policyRoutes(policy).every(({ admits }) => admits === 'managers')).toBe(true);
    }));

  it('give, show, change and take back a grant', () =>
    withWorld(async ({ policy, recorded }) => {
      const made = await send(policy, 'POST /grants', { body: grant });
      expect(made).toMatchObject({
        status: 201,
        headers: { location: `/grants/${made.body.id}`, etag: '"1"', 'cache-control': 'no-store' },
        body: { ...grant, effect: 'allow', says: 'person_anna may read urn:dev:lamp', version: 1 },
      });
      const one = `/grants/${made.body.id}`;
      expect((await send(policy, `GET ${one}`)).body).toEqual(made.body);
      expect((await send(policy, 'GET /grants')).body).toEqual([made.body]);
      const headers = { 'if-match': '"1"' };
      const body = { ...grant, ops: ['write'] };
      expect((await send(policy, `PUT ${one}`, { body, headers })).headers.etag).toBe('"2"');
      for (const stale of ['"1"', 'W/"2"', 'two'])
        await expect(
          send(policy, `DELETE ${one}`, { headers: { 'if-match': stale } }),
        ).rejects.toMatchObject({ status: 412 });
      expect((await send(policy, `DELETE ${one}`, { headers: { 'if-match': '*' } })).status).toBe(
        204,
      );
      await expect(send(policy, `GET ${one}`)).rejects.toMatchObject({ status: 404 });
      expect(recorded.map(({ who, from, what }) => [who, from, what])).toEqual([
        ['person_root', '192.168.1.2', 'grant.create'],
        ['person_root', '192.168.1.2', 'grant.put'],
        ['person_root', '192.168.1.2', 'grant.delete'],
      ]);
    }));

  it('refuse a grant that makes no sense, and say where', () =>
    withWorld(async ({ policy }) => {
      await expect(
        send(policy, 'POST /grants', { body: { ...grant, ops: ['fly'] } }),
      ).rejects.toMatchObject({
        status: 400,
        validationErrors: [{ field: '/ops/0' }],
      });
      await expect(send(policy, 'POST /grants')).rejects.toMatchObject({ status: 400 });
    }));

  it('make, show, change and delete a group', () =>
    withWorld(async ({ policy }) => {
      const body = { name: 'Family', members: ['person_anna'] };
      expect(await send(policy, 'PUT /groups/family', { body })).toMatchObject({
        status: 201,
        headers: { etag: '"1"' },
        body: { id: 'family', ...body },
      });
      expect((await send(policy, 'PUT /groups/family', { body })).status).toBe(200);
      const added = await send(policy, 'PUT /groups/family/members/person_bert');
      expect(added.body.members).toEqual(['person_anna', 'person_bert']);
      const removed = await send(policy, 'DELETE /groups/family/members/person_anna');
      expect(removed.body.members).toEqual(['person_bert']);
      expect((await send(policy, 'GET /groups')).body).toEqual([removed.body]);
      expect((await send(policy, 'GET /groups/family')).body).toEqual(removed.body);
      expect((await send(policy, 'DELETE /groups/family')).status).toBe(204);
      await expect(send(policy, 'GET /groups/family')).rejects.toMatchObject({ status: 404 });
    }));

  it('explain a decision', () =>
    withWorld(async ({ policy }) => {
      await send(policy, 'POST /grants', { body: grant });
      const ask = (query: string) => send(policy, `GET /policy/explain?${query}`);
      const asked = `who=person_anna&thing=${lamp}`;
      expect((await ask(`${asked}&right=read`)).body).toMatchObject({ allowed: true });
      expect((await ask(`${asked}&right=write&affordance=on&address=10.0.0.1`)).body).toMatchObject(
        {
          allowed: false,
          needed: "a grant that allows 'write' on 'on' of the Thing",
        },
      );
      for (const query of [
        asked,
        `${asked}&right=fly`,
        'who=person_anna&right=read',
        `right=read&thing=${lamp}`,
      ])
        await expect(ask(query), query).rejects.toMatchObject({ status: 400 });
      await expect(ask(`who=nobody&right=read&thing=${lamp}`)).rejects.toMatchObject({
        status: 404,
      });
    }));
});

import { gzipSync } from 'node:zlib';
import { answerTo } from '@thingtalk/application';
import { type AuditEntry, defineThing } from '@thingtalk/core';
import { MemoryGuard, type TestGrant } from '@thingtalk/core/testing';
import { describe, expect, it } from 'vitest';
import { startHttpWorld } from '../support/http-world.ts';
import { sendRaw } from './raw-http.ts';
import { thingRows } from './thing-rows.ts';

const lamp = 'urn:dev:ops:my-lamp-1234';
const path = `/things/${lamp}`;
const json = { 'content-type': 'application/json' };

const everything: readonly TestGrant[] = (
  ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'] as const
).map((right) => ({ right }));

/** A lamp behind a guard: `admin` may do everything, `reader` may read `on`, `writer` may write it, `other` is of another house. */
async function startGuarded(doors = {}) {
  const guard = new MemoryGuard();
  const entries: AuditEntry[] = [];
  const audit = { record: (entry: AuditEntry) => void entries.push(entry) };
  const admin = guard.let('admin', everything);
  const reader = guard.let('reader', [{ right: 'read', thing: lamp, affordance: 'on' }]);
  guard.let('writer', [{ right: 'write', thing: lamp, affordance: 'on' }]);
  guard.let('other', [{ right: 'read', thing: 'urn:dev:elsewhere' }]);
  const world = await startHttpWorld(undefined, { guard, audit, ...doors });
  const as = (token: string, target: string, init: RequestInit = {}) =>
    world.fetch(target, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
    });
  const put = (token: string, target: string, body: string) =>
    as(token, target, { method: 'PUT', headers: json, body });
  return {
    ...world,
    guard,
    admin,
    reader,
    entries,
    as,
    put,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

describe('who asks', () => {
  it('H1: without a token nothing but what is for anybody is answered, and how to show one is said', async () => {
    await using world = await startGuarded();
    for (const target of ['/things', path, `${path}/properties`, '/webthings', `${path}/events`]) {
      const answer = await world.fetch(target);
      expect(answer.status, target).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await answer.text()).not.toContain('My Lamp');
    }
    const write = await world.send('PUT', `${path}/properties/on`, false);
    expect(write.status).toBe(401);
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
    expect(world.entries).toContainEqual(
      expect.objectContaining({ who: 'anonymous', what: 'writeproperty', outcome: 'denied' }),
    );
    expect((await world.fetch('/')).status).toBe(200);
    expect(
      await (await world.fetch('/', { headers: { accept: 'text/html' } })).text(),
    ).not.toContain('My Lamp');
  });

  it('H2: credentials that are none are refused, whatever they look like', async () => {
    await using world = await startGuarded();
    for (const authorization of [
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      'Bearer a b',
      'x'.repeat(4_000),
    ]) {
      const answer = await world.fetch('/things', { headers: { authorization } });
      expect(answer.status, authorization.slice(0, 20)).toBe(401);
    }
  });

  it('a body is not read before it is known who sends it', async () => {
    await using world = await startGuarded();
    const answer = await sendRaw(
      world.port,
      `PUT ${path}/properties/on HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 200000\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toMatch(/connection: close/i);
  });
});

describe('what may be done', () => {
  it('H16: a Thing that somebody may not see is answered for as one that is not there, at every row', async () => {
    await using world = await startGuarded();
    for (const [method, rest, body] of thingRows) {
      const init = { method, ...(body !== undefined && { body, headers: json }) };
      const told = async (id: string) => {
        const answer = await world.as('other', `/things/${id}${rest}`, init);
        return [answer.status, (await answer.text()).replaceAll(id, 'ID')];
      };
      const hidden = await told(lamp);
      expect(hidden[0], `${method} ${rest}`).toBe(404);
      expect(hidden).toEqual(await told('urn:dev:absent'));
    }
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
  });

  it('H17: who may read may not write', async () => {
    await using world = await startGuarded();
    const refused = await world.put('reader', `${path}/properties/on`, 'false');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      detail: `reader may not write property 'on' of ${lamp}`,
    });
    expect((await world.as('reader', `${path}/properties/on`)).status).toBe(200);
    const blind = await world.as('writer', `${path}/properties/on`);
    expect(blind.status).toBe(403);
    expect((await world.put('writer', `${path}/properties/on`, 'false')).status).toBe(204);
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(false);
    expect(world.entries).toContainEqual(
      expect.objectContaining({ who: 'person_reader', what: 'writeproperty', outcome: 'denied' }),
    );
    expect(world.entries).toContainEqual(
      expect.objectContaining({ who: 'person_writer', what: 'writeproperty', outcome: 'allowed' }),
    );
  });

  it('H17: several are written together only where each may be; several are read as far as they may be', async () => {
    await using world = await startGuarded();
    const some = await world.put('writer', `${path}/properties`, '{"on":false,"brightness":1}');
    expect(some.status).toBe(404);
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
    expect(await (await world.as('reader', `${path}/properties`)).json()).toEqual({ on: true });
    expect(await (await world.as('writer', `${path}/properties`)).json()).toEqual({});
  });

  it('H18: what is read-only stays so for everybody, and members that are none reach nobody', async () => {
    await using world = await startGuarded();
    expect((await world.put('admin', `${path}/properties/power`, '1')).status).toBe(403);
    for (const body of ['{"__proto__":{"manages":true}}', '{"owner":"me"}', '{"constructor":{}}']) {
      const answer = await world.put('admin', `${path}/properties`, body);
      expect(answer.status, body).toBeGreaterThanOrEqual(400);
      expect(answer.status, body).toBeLessThan(500);
    }
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect((await world.as('admin', `${path}/properties/${name}`)).status, name).toBe(404);
      expect((await world.put('admin', `${path}/properties/${name}`, '1')).status).toBe(404);
      expect((await world.as('admin', `/things/${name}`)).status).toBe(404);
    }
    expect(({} as { manages?: boolean }).manages).toBeUndefined();
  });

  it('H19: a method is what the request line says, whatever a header says', async () => {
    await using world = await startGuarded();
    for (const name of ['x-http-method-override', 'x-method-override', 'x-http-method']) {
      const answer = await world.as('writer', `${path}/properties/on?_method=PUT`, {
        headers: { [name]: 'PUT' },
      });
      expect(answer.status).toBe(403);
    }
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
  });

  it('H20: lists, counts, documents and pages show what their reader may see', async () => {
    await using world = await startGuarded();
    expect(await (await world.as('other', '/things')).json()).toEqual([]);
    const page = await world.as('other', '/things?format=collection');
    expect(await page.json()).toMatchObject({ total: 0, members: [] });
    expect(await (await world.as('other', '/webthings')).json()).toEqual([]);
    for (const target of ['/', '/openapi.json', '/asyncapi.json']) {
      const init = { headers: { accept: 'text/html' } };
      expect(await (await world.as('other', target, init)).text(), target).not.toContain('My Lamp');
    }
    expect((await world.as('other', `/openapi.json?thing=${lamp}`)).status).toBe(404);
  });

  it('H20: a list that one reader was given is not another one’s, nor is it known by its ETag', async () => {
    await using world = await startGuarded();
    for (const target of ['/things', path]) {
      const admin = await world.as('admin', target);
      const etag = admin.headers.get('etag') ?? '';
      const reader = await world.as('reader', target, { headers: { 'if-none-match': etag } });
      expect(reader.status, target).toBe(200);
      expect(await reader.text()).not.toContain('brightness');
      expect(await admin.text()).toContain('brightness');
      expect(reader.headers.get('cache-control')).toContain('private');
      expect(reader.headers.get('vary')).toContain('authorization');
      const own = { headers: { 'if-none-match': reader.headers.get('etag') ?? '' } };
      expect((await world.as('reader', target, own)).status).toBe(304);
      world.reader.change([{ right: 'read', thing: lamp, affordance: 'power' }]);
      expect(await (await world.as('reader', target, own)).text()).toContain('power');
      world.reader.change([{ right: 'read', thing: lamp, affordance: 'on' }]);
    }
  });

  it('a Thing Description shows what its reader may use, and how', async () => {
    await using world = await startGuarded();
    const td = await (await world.as('reader', path)).json();
    expect(Object.keys(td.properties)).toEqual(['on']);
    expect(td.properties.on).toMatchObject({ readOnly: true, observable: false });
    expect(td.properties.on.forms.map((form: { op: unknown }) => form.op)).toEqual([
      'readproperty',
    ]);
    expect(td.actions ?? {}).toEqual({});
    expect(td.events ?? {}).toEqual({});
    const ops = td.forms.flatMap((form: { op: string[] }) => form.op);
    expect(ops).not.toContain('writemultipleproperties');
    expect(ops).toContain('readallproperties');
    const written = await (await world.as('writer', path)).json();
    expect(written.properties.on).toMatchObject({ writeOnly: true, observable: false });
    const webthing = await (await world.as('reader', `/webthings/${lamp}`)).json();
    expect(Object.keys(webthing.properties)).toEqual(['on']);
  });
});

describe('what a request may look like', () => {
  it('H23: paths that climb, are encoded twice, or hold NUL lead nowhere', async () => {
    await using world = await startGuarded();
    const targets = [
      '/things/..%2f..%2fetc%2fpasswd',
      '/things/%2e%2e%2f%2e%2e%2fhealth',
      '/things/%252e%252e%252fhealth',
      `/things/${lamp}%00`,
      '/docs/..%2f..%2fpackage.json',
      '/docs/%2e%2e%2fswagger-ui.css',
      '/docs/%00',
    ];
    for (const target of targets) {
      const answer = await sendRaw(
        world.port,
        `GET ${target} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer admin\r\nconnection: close\r\n\r\n`,
      );
      expect(answer, target).toMatch(/^HTTP\/1.1 40[04] /);
    }
  });

  it('H24: a request whose end is told in two ways is refused, and what follows it is not read', async () => {
    await using world = await startGuarded();
    const smuggled = `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer admin\r\n\r\n`;
    const start = `PUT ${path}/properties/on HTTP/1.1\r\nhost: a\r\nauthorization: Bearer admin\r\ncontent-type: application/json\r\n`;
    const heads = [
      `content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `content-length: 5\r\ncontent-length: 6\r\n\r\nfalse`,
      `transfer-encoding: xchunked\r\n\r\n5\r\nfalse\r\n0\r\n\r\n`,
      `transfer-encoding : chunked\r\n\r\n5\r\nfalse\r\n0\r\n\r\n`,
      `content-length: +5\r\n\r\nfalse`,
      `transfer-encoding: chunked\r\n\r\n5;\nfalse\r\n0\r\n\r\n`,
    ];
    for (const head of heads) {
      const answer = await sendRaw(world.port, start + head + smuggled);
      // Refused, or cut off before there was anything to answer.
      expect(answer.match(/HTTP\/1\.1 \d{3}/g) ?? ['HTTP/1.1 400'], head).toEqual(['HTTP/1.1 400']);
      expect(answer).not.toContain('My Lamp');
    }
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
  });

  it('H25: no line break of a request comes back as one in a header', async () => {
    await using world = await startGuarded();
    for (const target of [
      `${path}/properties/on%0d%0aset-cookie:%20a=b`,
      `/things?offset=0&limit=1&after=%0d%0aset-cookie:%20a=b`,
    ]) {
      const answer = await world.as('admin', target);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    const key = await world.as('admin', `${path}/actions/fade`, {
      method: 'POST',
      headers: { ...json, 'idempotency-key': '"a%0d%0ab"' },
      body: '{"brightness":1,"duration":1}',
    });
    expect(key.headers.get('location') ?? '').not.toMatch(/[\r\n]/);
  });

  it('H26: a name that was bound to our address by somebody else is not answered to', async () => {
    await using world = await startGuarded({ refuseHost: answerTo(['gateway.local']) });
    const ask = (host: string) =>
      sendRaw(
        world.port,
        `GET /things HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer admin\r\nconnection: close\r\n\r\n`,
      );
    for (const host of [
      'evil.example',
      'gateway.local.evil.example',
      'localhost.evil.example:80',
    ]) {
      expect(await ask(host), host).toMatch(/^HTTP\/1.1 421 /);
    }
    for (const host of [
      'gateway.local:8080',
      'GATEWAY.local.',
      'localhost',
      '127.0.0.1',
      '[::1]:80',
    ]) {
      expect(await ask(host), host).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  it('H27: a page of another origin changes nothing, by form or script', async () => {
    await using world = await startHttpWorld();
    const on = `${path}/properties/on`;
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${world.port}.evil`]) {
      const answer = await world.send('PUT', on, false, { origin });
      expect(answer.status, origin).toBe(403);
      const form = await world.fetch(`${path}/actions/blink`, {
        method: 'POST',
        headers: { origin },
      });
      expect(form.status, origin).toBe(403);
    }
    const text = await world.fetch(`${path}/actions/add`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '1',
    });
    expect(text.status).toBe(415);
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
    expect((await world.send('PUT', on, false, { origin: world.base })).status).toBe(204);
  });

  it('H28: only an origin that is allowed letter by letter is let in, and never with cookies', async () => {
    await using world = await startGuarded({ origins: ['https://panel.example'] });
    const ask = (origin: string, method = 'OPTIONS') =>
      world.fetch('/things', {
        method,
        headers: { origin, 'access-control-request-method': 'PUT' },
      });
    for (const origin of [
      'https://evilpanel.example',
      'https://panel.example.evil',
      'null',
      'http://panel.example',
    ]) {
      expect((await ask(origin)).headers.get('access-control-allow-origin'), origin).toBeNull();
    }
    const answer = await ask('https://panel.example');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://panel.example');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const read = await world.as('admin', path, { headers: { origin: 'https://panel.example' } });
    expect(read.headers.get('access-control-allow-origin')).toBe('https://panel.example');
    expect(read.headers.get('vary')).toContain('origin');
    const write = await world.as('admin', `${path}/properties/on`, {
      method: 'PUT',
      headers: { ...json, origin: 'https://panel.example' },
      body: 'false',
    });
    expect(write.status).toBe(204);
  });

  it('H29, H30: pages are framed by nobody, run no script but their own, and show names as text', async () => {
    await using world = await startHttpWorld();
    const title = '<script>alert(1)</script>';
    const description = '"><img src=x onerror=alert(1)>';
    await world.servient.expose(defineThing('urn:dev:evil', { title, description }));
    await expect.poll(() => world.things.find('urn:dev:evil')).toBeDefined();
    // The page where people try the API opens the one where they allow it something.
    const openers = { '/': 'same-origin', '/docs': 'same-origin-allow-popups' };
    for (const [target, opener] of Object.entries(openers)) {
      const page = await world.fetch(target, { headers: { accept: 'text/html' } });
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect(page.headers.get('cross-origin-opener-policy')).toBe(opener);
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      const text = await page.text();
      expect(text).not.toContain('<script>alert');
      expect(text).not.toMatch(/<script>|<style>| on\w+=| style=/);
    }
  });

  it('H32: JSON that is deep, doubled, endless or broken is refused', async () => {
    await using world = await startGuarded();
    const bodies = [
      '['.repeat(100_000) + ']'.repeat(100_000),
      '1e400',
      '"\\ud800"',
      `{${Array.from({ length: 20_000 }, (_, at) => `"a${at}":1`).join(',')}}`,
    ];
    for (const body of bodies) {
      const answer = await world.put('admin', `${path}/properties`, body);
      expect(answer.status, body.slice(0, 30)).toBeGreaterThanOrEqual(400);
      expect(answer.status, body.slice(0, 30)).toBeLessThan(500);
    }
    const places = [
      ['/properties/brightness', '1e400', 'larger than any double'],
      ['/properties', '{"brightness":-1e400}', 'larger than any double'],
      ['/properties/on', '"\\ud800"', 'half of a surrogate pair'],
      ['/properties', '{"\\udc00":1}', 'half of a surrogate pair'],
      ['/properties/on', '['.repeat(33) + ']'.repeat(33), 'nested deeper than 32'],
    ] as const;
    for (const [place, body, why] of places) {
      const answer = await world.put('admin', path + place, body);
      expect([place, answer.status]).toEqual([place, 400]);
      expect((await answer.json()).detail).toContain(why);
    }
    expect((await world.things.readProperty(lamp, 'on')).value).toBe(true);
    // Nobody else reads it: what is said twice is what was said last.
    const twice = '{"brightness":1,"brightness":2}';
    expect((await world.put('admin', `${path}/properties`, twice)).status).toBe(204);
    expect((await world.things.readProperty(lamp, 'brightness')).value).toBe(2);
  });

  it('H33: a packed body is not unpacked', async () => {
    await using world = await startGuarded();
    const answer = await world.as('admin', `${path}/properties/on`, {
      method: 'PUT',
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync(' '.repeat(10_000_000)),
    });
    expect(answer.status).toBe(415);
    const range = await world.as('admin', '/things', { headers: { range: 'bytes=0-0,1-1,2-2' } });
    expect(range.status).toBe(200);
  });
});

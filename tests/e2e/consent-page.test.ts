import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startHttpServer } from '@thingtalk/application';
import { noAudit, systemClock } from '@thingtalk/core';
import { MemoryStore } from '@thingtalk/core/testing';
import { Authentication, Policy, Revocations } from '@thingtalk/security';
import { expect, test } from 'vitest';
import { hasChromium, startChromium } from '../support/chromium.ts';

const password = 'vlaqhpt-9-orkney';

test.runIf(hasChromium())(
  'a person allows an app something in a browser, and the app gets its tokens',
  async () => {
    await using store = new MemoryStore();
    const parts = { store, clock: systemClock, audit: noAudit, revocations: new Revocations() };
    const facts = { of: () => undefined, watch: () => () => {} };
    using policy = await Policy.open({ ...parts, facts });
    using authentication = await Authentication.open({ ...parts, policy });
    const { guard, routes, door, apps } = authentication;
    await door.people.create({ name: 'ann', password }, 'test');
    await using server = await startHttpServer({ port: 0, routes, guard });

    await using panel = await startPanel();
    const { id } = await apps.create({ name: 'Wall panel', redirectUris: [panel.uri] }, 'test');
    const verifier = 'v'.repeat(43);
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: id,
      redirect_uri: panel.uri,
      scope: 'read write',
      state: 'xyz',
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    });

    await using browser = await startChromium();
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`${server.base}/oauth/authorize?${query}`);
    expect(await page.title()).toBe('Allow Wall panel?');
    expect(complaints).toEqual([]);
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').fill('a wrong password');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('alert').waitFor();
    if (process.env.THINGTALK_SCREENSHOT !== undefined) {
      await page.screenshot({ path: process.env.THINGTALK_SCREENSHOT });
    }
    expect(await page.getByRole('alert').textContent()).toContain('is wrong');
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${panel.uri}?**`);

    const back = new URL(panel.visited.at(-1)?.url ?? '', panel.uri).searchParams;
    expect(back.get('state')).toBe('xyz');
    expect(panel.visited.at(-1)?.headers.referer).toBeUndefined();
    const answer = await fetch(`${server.base}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: id,
        redirect_uri: panel.uri,
        code: back.get('code') ?? '',
        code_verifier: verifier,
      }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    const who = await fetch(`${server.base}/session`, { headers });
    expect(await who.json()).toMatchObject({ kind: 'person', name: 'ann', manages: false });
  },
);

/** The app's own page, where people come back to. */
async function startPanel() {
  const visited: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/back')) visited.push(request);
    response.end('back at the panel');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}/back`,
    visited,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

import { describe, expect, it } from 'vitest';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { counter } from '../support/counter.ts';
import { lamp, startHttpWorld } from '../support/http-world.ts';
import { goodPassword, startSecuredGateway } from '../support/secured-gateway.ts';

describe.skipIf(!hasChromium())('/docs in a browser', () => {
  it('shows the Things of this server, and a write that is tried there reaches the lamp', async () => {
    await using world = await startHttpWorld();
    await using browser = await startChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));

    await page.goto(`${world.base}/docs?thing=${lamp.id}`);
    const write = page.locator('.opblock-put', { hasText: 'Writes brightness' });
    await write.locator('.opblock-summary-control').click();
    await write.locator('textarea').fill('77');
    await write.locator('button.execute').click();
    await write.locator('.live-responses-table .response-col_status', { hasText: '204' }).waitFor();
    if (process.env.THINGTALK_SCREENSHOT !== undefined) {
      await page.screenshot({ path: process.env.THINGTALK_SCREENSHOT });
    }

    expect(await (await world.fetch(`/things/${lamp.id}/properties/brightness`)).json()).toBe(77);
    expect(complaints).toEqual([]);
  });

  it('of a secured gateway takes a token, and then shows and tries what its holder may use', async () => {
    await using world = await startSecuredGateway({}, { expose: [counter] });
    await using browser = await startChromium();
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));

    const { port } = new URL(world.gateway.httpUrl);
    await page.goto(`https://127.0.0.1:${port}/docs`);
    await page.locator('.btn.authorize').click();
    expect(await page.getByText('Counter (urn:dev:counter)').count()).toBe(0);
    const dialog = page.locator('.dialog-ux');
    await dialog.getByLabel('auth-bearer-value').fill(world.admin.token);
    await dialog.getByRole('button', { name: 'Apply credentials' }).first().click();
    await dialog.getByRole('button', { name: 'Close', exact: true }).first().click();
    await page.getByText('Counter (urn:dev:counter)').first().waitFor();
    const read = page.locator('.opblock-get', { hasText: 'Reads level' });
    await read.locator('.opblock-summary-control').click();
    await read.locator('button.execute').click();
    await read.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    if (process.env.THINGTALK_SCREENSHOT !== undefined) {
      await page.screenshot({ path: `${process.env.THINGTALK_SCREENSHOT}.token.png` });
    }
    expect(complaints).toEqual([]);
  }, 90_000);

  it('of a secured gateway acts by OAuth for a person who allows it', async () => {
    await using world = await startSecuredGateway({}, { expose: [counter] });
    const base = `https://127.0.0.1:${new URL(world.gateway.httpUrl).port}`;
    const body = { name: 'Docs', redirectUris: [`${base}/docs/oauth2-redirect.html`] };
    const made = await world.ask('/apps', { method: 'POST', token: world.admin.token, body });
    const { id } = await made.json();
    await using browser = await startChromium();
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    await page.goto(`${base}/docs`);
    await page.locator('.btn.authorize').click();
    const dialog = page.locator('.dialog-ux .auth-container', { hasText: 'OAuth2' });
    await dialog.locator('#client_id_authorizationCode').fill(id);
    await dialog.getByText('read', { exact: true }).click();
    const opened = page.waitForEvent('popup');
    await dialog.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
    const consent = await opened;
    await consent.getByLabel('Name').fill('ada');
    await consent.getByLabel('Password').fill(goodPassword);
    const ended = consent.waitForEvent('close');
    await consent.getByRole('button', { name: 'Allow' }).click();
    await ended;
    await page.locator('.dialog-ux').getByText('Logout').waitFor();
    await page.locator('.dialog-ux .close-modal').click();
    const who = page.locator('.opblock-get', { hasText: 'Says who asks' });
    await who.locator('.opblock-summary-control').click();
    await who.locator('button.execute').click();
    const answer = who.locator('.live-responses-table');
    await answer.locator('.response-col_status', { hasText: '200' }).waitFor();
    expect(await answer.textContent()).toContain('"ada"');
  }, 90_000);

  it('/ lists the Things and leads to where they can be tried', async () => {
    await using world = await startHttpWorld();
    await using browser = await startChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 600 } });
    await page.goto(world.base);
    if (process.env.THINGTALK_SCREENSHOT !== undefined) {
      await page.screenshot({ path: `${process.env.THINGTALK_SCREENSHOT}.landing.png` });
    }
    await page.getByRole('link', { name: 'try it' }).click();
    await page.getByText('My Lamp (urn:dev:ops:my-lamp-1234)').first().waitFor();
  });

  it('/ fits on a phone, with the state of each Thing and its links', async () => {
    await using world = await startHttpWorld();
    await using browser = await startChromium();
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    await page.goto(world.base);
    if (process.env.THINGTALK_SCREENSHOT !== undefined) {
      await page.screenshot({ path: `${process.env.THINGTALK_SCREENSHOT}.phone.png` });
    }
    const { x = 0, width = 999 } =
      (await page.getByRole('link', { name: 'description' }).boundingBox()) ?? {};
    expect(x + width).toBeLessThanOrEqual(390);
  });
});

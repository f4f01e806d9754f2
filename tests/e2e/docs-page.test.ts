import { describe, expect, it } from 'vitest';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { counter } from '../support/counter.ts';
import { lamp, startHttpWorld } from '../support/http-world.ts';
import { startSecuredGateway } from '../support/secured-gateway.ts';

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
  });

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

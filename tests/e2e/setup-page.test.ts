import { systemClock } from '@thingtalk/core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { counter } from '../support/counter.ts';
import { goodPassword, startUnclaimedGateway } from '../support/secured-gateway.ts';

/** A page of a browser without scripts, which has written down what it refused. */
async function openPage(browser: Awaited<ReturnType<typeof startChromium>>, baseURL: string) {
  const context = await browser.newContext({
    ...{ baseURL, ignoreHTTPSErrors: true, javaScriptEnabled: false },
  });
  const page = await context.newPage();
  const refused: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') refused.push(message.text());
  });
  return { page, refused };
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.THINGTALK_TEST_SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}

describe.skipIf(!hasChromium())('/setup in a browser', () => {
  test('a person sets the gateway up without scripts, is signed in, signs out and in again', async () => {
    await using world = await startUnclaimedGateway(
      { httpHost: '0.0.0.0' },
      { expose: [counter], clock: systemClock },
    );
    await using browser = await startChromium();
    const { port } = new URL(world.gateway.httpUrl);
    const { page, refused } = await openPage(browser, `https://127.0.0.1:${port}`);
    await page.goto('/');
    await page.getByRole('link', { name: 'Set it up' }).click();
    await shoot(page, 'setup');
    const fill = async (code: string) => {
      await page.getByLabel('Set-up code').fill(code);
      await page.getByLabel('Name').fill('ada');
      await page.getByLabel('Password', { exact: true }).fill(goodPassword);
      await page.getByLabel('Password again').fill(goodPassword);
      await page.getByRole('button', { name: 'Set up' }).click();
    };
    await fill('0000-0000');
    expect(await page.getByRole('alert').textContent()).toBe('the code is wrong');
    await shoot(page, 'setup-wrong');
    await fill(world.codes.at(-1) ?? '');
    await page.getByText('Signed in as ada').waitFor();
    expect(await page.getByText('urn:dev:counter').isVisible()).toBe(true);
    await shoot(page, 'home');
    await page.goto('/docs');
    expect(await page.getByText('Signed in as ada').isVisible()).toBe(true);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are not signed in').waitFor();
    expect(await page.getByText('urn:dev:counter').count()).toBe(0);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await shoot(page, 'login');
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signed in as ada').waitFor();
    expect(refused.filter((text) => !text.includes('401'))).toEqual([]);
  }, 90_000);
});

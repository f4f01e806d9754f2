import { describe, expect, test } from 'vitest';
import { hasChromium, startChromium } from './chromium.ts';

describe.skipIf(!hasChromium())('a Chromium for tests', () => {
  test('shows a page', async () => {
    await using browser = await startChromium();
    const page = await browser.newPage();
    await page.setContent('<h1>Lamp</h1>');
    expect(await page.textContent('h1')).toBe('Lamp');
  });
});

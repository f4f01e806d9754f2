import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testProgram } from '@thingtalk/core/testing';
import { describe, expect, test } from 'vitest';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { runCommand } from '../support/shell.ts';
import { startTlsWorld } from '../support/tls-world.ts';

const certutil = testProgram('THINGTALK_TEST_CERTUTIL');

describe.skipIf(!hasChromium() || certutil === undefined)('/trust in a browser', () => {
  test('a browser that was told as the page says trusts the gateway, by name and by address', async () => {
    await using world = await startTlsWorld({ name: 'Our house' });
    await using home = await makeHome();
    const { httpsPort, caFile, gateway } = world;

    await using stranger = await startChromium(home.path);
    const warned = await stranger.newPage();
    await expect(warned.goto(gateway.httpUrl)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');

    const store = `sql:${home.path}/.pki/nssdb`;
    await mkdir(`${home.path}/.pki/nssdb`, { recursive: true });
    await runCommand(`${certutil} -d ${store} -N --empty-password`);
    await runCommand(`${certutil} -d ${store} -A -t C,, -n thingTalk -i ${caFile}`);
    await using browser = await startChromium(home.path);
    const page = await browser.newPage({ viewport: { width: 900, height: 1100 } });
    const complaints: string[] = [];
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
    for (const name of ['localhost', '127.0.0.1']) {
      const answer = await page.goto(`https://${name}:${httpsPort}/trust`);
      expect((await answer?.securityDetails())?.protocol).toBe('TLS 1.3');
    }
    expect(await page.locator('.print').textContent()).toBe(gateway.trust?.fingerprint);
    expect(await page.textContent('body')).toContain('Our house');
    await page.getByText('Linux').click();
    await page.getByText('update-ca-certificates').waitFor();
    if (process.env.THINGTALK_SCREENSHOT !== undefined) {
      await page.screenshot({ path: process.env.THINGTALK_SCREENSHOT });
    }
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Get the certificate' }).click();
    expect((await download).suggestedFilename()).toBe('ca.pem');
    expect(complaints).toEqual([]);
    // Two browsers are started.
  }, 60_000);
});

async function makeHome() {
  const path = await mkdtemp(join(tmpdir(), 'thingtalk-home-'));
  const dispose = () => rm(path, { recursive: true, force: true });
  return { path, [Symbol.asyncDispose]: dispose };
}

import { testProgram } from '@thingtalk/core/testing';
import { type Browser, chromium } from 'playwright-core';

/** Whether suites that need a browser can run here: `describe.skipIf(!hasChromium())`. */
export function hasChromium(): boolean {
  return testProgram('THINGTALK_TEST_CHROMIUM') !== undefined;
}

/** What keeps Debian's Chromium quiet in a container: no sandbox as root, no GPU, and no traffic of its own. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a headless Chromium; `await using` closes it.
 *
 * @param home the home directory it is given, in which it looks for certificates to trust. Default: the user's own.
 * @throws `Error` when it is not installed.
 */
export async function startChromium(home?: string): Promise<Browser> {
  const executablePath = testProgram('THINGTALK_TEST_CHROMIUM');
  if (executablePath === undefined) throw new Error('chromium is not installed');
  const env = { ...process.env, ...(home !== undefined && { HOME: home }) };
  return chromium.launch({ executablePath, headless: true, args: flags, env });
}

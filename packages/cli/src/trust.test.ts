import { getCACertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { run } from './cli.ts';
import { testTerminal } from './testing-terminal.ts';

test.each([
  ['/nowhere.pem', 'ENOENT'],
  [import.meta.filename, 'it holds no certificate'],
])('--ca %s is refused with what is wrong, and nothing is trusted', async (file, reason) => {
  const before = getCACertificates('default');
  const terminal = testTerminal();
  expect(await run(['--ca', file, 'things'], terminal)).toBe(2);
  expect(terminal.remarks.join()).toContain(`${file} cannot be trusted`);
  expect(terminal.remarks.join()).toContain(reason);
  expect(getCACertificates('default')).toEqual(before);
});

test('THINGTALK_CA is the same for every command', async () => {
  const terminal = testTerminal({ THINGTALK_CA: '/nowhere.pem' });
  expect(await run(['things'], terminal)).toBe(2);
  expect(terminal.remarks.join()).toContain('/nowhere.pem cannot be trusted');
});

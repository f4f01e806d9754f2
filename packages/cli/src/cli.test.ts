import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run } from './cli.ts';
import { commands } from './commands/index.ts';
import { exitCodes } from './exit-codes.ts';
import { testTerminal } from './testing-terminal.ts';

test('the help lists every command and every exit code', async () => {
  const terminal = testTerminal();
  expect(await run(['--help'], terminal)).toBe(0);
  const help = terminal.answers.join('\n');
  for (const { name, summary } of commands)
    expect(help).toContain(`${name.padEnd(14)}  ${summary}`);
  for (const { code, meaning } of Object.values(exitCodes)) {
    expect(help).toContain(`${code}  ${meaning}`);
  }
});

test('the README lists every command and every exit code', async () => {
  const page = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  for (const { name } of commands) expect(page).toContain(`\`${name}`);
  for (const { code, meaning } of Object.values(exitCodes)) {
    expect(page).toContain(`| ${code} | ${meaning}`);
  }
});

test.each(commands.map(({ name }) => name))('the help of %s shows examples', async (name) => {
  const terminal = testTerminal();
  expect(await run([name, '--help'], terminal)).toBe(0);
  expect(terminal.answers.join('\n')).toMatch(`Examples:\n  $ thingtalk ${name}`);
});

test('without a command the help is shown and the usage is wrong', async () => {
  const terminal = testTerminal();
  expect(await run([], terminal)).toBe(2);
  expect(terminal.remarks.join('\n')).toMatch(/^Usage: thingtalk/);
});

test.each([
  [['gett'], "unknown command 'gett' (Did you mean get?)"],
  [['get', 'lamp', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
  [['get'], "missing required argument 'id'"],
  [['get', 'a', 'b', 'c'], 'too many arguments'],
  [['get', 'a', '--timeout', 'soon'], "'soon' is not a number of milliseconds"],
  [['things', '--url', 'nowhere'], "'nowhere' is not the URL of a gateway"],
  [['gateway', '--http-port', '65536'], "--http-port: '65536' is not a whole number"],
  [['gateway', '--htp-port', '1'], "unknown option '--htp-port' (Did you mean --http-port?)"],
  [['gateway', '--config', '/nowhere.yaml'], '/nowhere.yaml: ENOENT'],
  [['expose', '/nowhere.ts'], '/nowhere.ts: there is no such file'],
  [['discover', '--time', 'soon'], "'soon' is not a time from 1ms to 600s"],
  [['discover', '--time', '0s'], "'0s' is not a time from 1ms to 600s"],
  [['adopt'], "missing required argument 'id'"],
  [['doctor', '--broker', 'x'], "--broker: 'x' is not the URL of a broker"],
])('%j is wrong usage, told in one line', async (args, line) => {
  const terminal = testTerminal();
  expect(await run(args, terminal)).toBe(exitCodes.usage.code);
  expect(terminal.remarks).toEqual([expect.stringContaining(`thingtalk: ${line}`)]);
  expect(terminal.answers).toEqual([]);
});

test('a gateway that is not there ends with a code of its own', async () => {
  const terminal = testTerminal();
  expect(await run(['things'], terminal)).toBe(exitCodes.unreachable.code);
  expect(terminal.remarks[0]).toMatch(
    /GET http:\/\/127.0.0.1:9\/things failed.*gateway-unreachable/,
  );
});

test('with --json a failure is a problem document, wherever the option stands', async () => {
  for (const args of [
    ['--json', 'things'],
    ['things', '--json'],
  ]) {
    const terminal = testTerminal();
    await run(args, terminal);
    expect(JSON.parse(terminal.remarks.join(''))).toMatchObject({
      type: 'urn:thingtalk:problem:gateway-unreachable',
      status: 503,
    });
  }
});

test('no arguments make it break, hang or show a stack', async () => {
  const words = fc.oneof(
    fc.constantFrom('things', 'td', 'get', 'set', 'invoke', 'watch', 'lamp', '--', '-'),
    fc.constantFrom(
      '--json',
      '--url',
      '--timeout',
      '--fresh',
      '--wait',
      '--no-color',
      '--help',
      '-V',
    ),
    fc.string(),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 6 }), async (args) => {
      const terminal = testTerminal();
      const code = await run(args, terminal);
      expect([0, 1, 2, 3]).toContain(code);
      expect(code === 0 || terminal.remarks.length > 0).toBe(true);
      expect([...terminal.answers, ...terminal.remarks].join('\n')).not.toMatch(
        /^ +at .*:\d+:\d+/m,
      );
    }),
    { numRuns: 500 },
  );
});

test('what others say cannot move the cursor of whoever reads it', async () => {
  const terminal = testTerminal();
  await run(['get\u001b[2J\u202e'], terminal);
  expect(terminal.remarks[0]).toContain('\\u{1b}[2J\\u{202e}');
});

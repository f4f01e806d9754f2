import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePeers } from '../peers.mjs';
import { ensureServices } from '../services.mjs';
import { ensureInstalled } from './install.mjs';
import { root } from './root.mjs';
import { ensureStartBuild } from './start-build.mjs';

const gateway = [
  'packages/cli/bin/thingtalk.js',
  ...['gateway', '--virtual-house', '--security', 'demo'],
];
const biome = 'node_modules/@biomejs/biome/bin/biome';
const tsc = 'node_modules/typescript/bin/tsc';
const vitest = 'node_modules/vitest/vitest.mjs';
const results = join(root, 'node_modules/.cache/thingtalk/test-results.json');

/**
 * What `npm run` offers: each takes a Node to run with and the arguments that were given, and answers an exit code.
 *
 * @type {Record<string, (node: import('./node.mjs').NodeRunner, args: readonly string[]) => Promise<number>>}
 */
export const verbs = {
  async start(node, args) {
    await ensureStartBuild(node);
    return node.runBuilt([...gateway, ...args]);
  },
  dev: (node, args) => node.run(['--watch', ...gateway, ...args]),
  build: (node, args) => node.run([tsc, '-b', ...args]),
  docs: (node) => node.run(['scripts/docs.mjs']),
  check,
  test,
  'test:faults': testFaults,
  async bench(node, args) {
    await ensureInstalled(join(root, 'bench'));
    return node.run(['bench/src/main.ts', ...args]);
  },
};

/** Style, types and public documentation: all of them, so that one run tells all there is to mend. */
async function check(node) {
  const codes = [
    await node.run([biome, 'check', '--error-on-warnings']),
    await node.run([tsc, '-b']),
    await node.run(['scripts/documented.mjs']),
  ];
  return worst(codes);
}

/** Everything: the checks, then the tests with the services they need. The last line counts the tests. */
async function test(node, args) {
  const checked = await check(node);
  const provided = await ensureServices();
  await ensurePeers();
  mkdirSync(dirname(results), { recursive: true });
  rmSync(results, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const tested = await node.run([vitest, 'run', ...reporters, ...args]);
  if (checked !== 0) console.error('The checks that ran before the tests failed; see above.');
  if (provided !== 0) console.error('With CI=true, leaving suites out is a failure; see above.');
  console.log(closingLine(results));
  return worst([checked, provided, tested]);
}

/**
 * Kills everything a hundred times (`--kills 10` for less), takes the power away from what is on disk ten thousand times
 * (`--losses 500`), and flips a bit in each hundred bytes of it (`--flips 1000` in each thousand). It says how it goes, and prints a seed;
 * `--seed 7` decides again when what is killed. What else is given goes to vitest, as `-t PostgreSQL`.
 */
async function testFaults(node, args) {
  const rest = [...args];
  const take = (flag, preset) => {
    const at = rest.indexOf(flag);
    return at < 0 ? preset : rest.splice(at, 2)[1];
  };
  const THINGTALK_TEST_KILLS = take('--kills', '100');
  const THINGTALK_TEST_POWER_LOSSES = take('--losses', '10000');
  const THINGTALK_TEST_FLIPS = take('--flips', '100');
  const THINGTALK_TEST_SEED = take('--seed', String(Date.now() % 2 ** 31));
  const provided = await ensureServices();
  const suites = [
    ...['tests/faults', 'packages/storage/src/crash.test.ts'],
    ...['packages/storage/src/power-loss.test.ts', 'packages/storage/src/sqlite/damage'],
  ];
  const env = {
    THINGTALK_TEST_KILLS,
    THINGTALK_TEST_POWER_LOSSES,
    THINGTALK_TEST_FLIPS,
    THINGTALK_TEST_SEED,
  };
  return worst([provided, await node.run([vitest, 'run', ...suites, ...rest], env)]);
}

const worst = (codes) => codes.find((code) => code !== 0) ?? 0;

/** `N passed, N failed, N skipped`; a file that could not even be loaded counts as one failed. */
function closingLine(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return 'the tests did not run to their end';
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length;
  const skipped = report.numPendingTests + report.numTodoTests;
  return `${report.numPassedTests} passed, ${report.numFailedTests + unloaded} failed, ${skipped} skipped`;
}

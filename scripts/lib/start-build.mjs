// The start build: the gateway and what it needs in a few files, so that it starts in a fifth of the time from source.
// docs/adr/0009 says why. Plain JavaScript that Node 20 runs, as scripts/run.mjs and the thingtalk command come here first.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Where the builds are; npm ci takes them away with all of node_modules. */
export const buildsFolder = join(root, 'node_modules/.cache/thingtalk/start');

/** What decides a build beside the sources: the packages, and the builder itself. */
const others = ['node_modules/.package-lock.json', 'scripts/build-start.mjs'];

/**
 * The folder of the build that is made of the sources as they are now, whether it is there or not.
 *
 * Its name is a hash over size and times of every source, so that a build is never stale: a source that changes, comes or
 * goes asks for another name. The time of a file's change of state (ctime) cannot be set back, as `git checkout` or `cp -p`
 * might do with the other.
 */
export function buildFolder() {
  const hash = createHash('sha256');
  for (const path of sources()) {
    const { size, ctimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${ctimeMs}\n`);
  }
  return join(buildsFolder, hash.digest('hex').slice(0, 16));
}

/**
 * The program of the start build, when it was made of the sources as they are now.
 *
 * @returns {string | undefined} path of a CommonJS module with `runCli()`.
 */
export function findBuild() {
  if (!existsSync(buildsFolder)) return undefined;
  const program = join(buildFolder(), 'dist', 'cli.js');
  return existsSync(program) ? program : undefined;
}

/**
 * Makes the start build, when the sources changed since it was made. Where that fails, one line says so, and the sources run
 * as they are.
 *
 * @param {import('./node.mjs').NodeRunner} node
 */
export async function ensureStartBuild(node) {
  if (findBuild() !== undefined) return;
  const code = await node.run(['scripts/build-start.mjs']);
  if (code !== 0) console.error('The start build failed, as said above; starting from source.');
}

/** The sources of every package, tests aside; all of them, so that nobody has to say what the gateway is made of. */
function* sources() {
  for (const group of ['packages', 'packages/adapters']) {
    for (const name of readdirSync(join(root, group))) {
      const folder = join(root, group, name);
      const manifest = join(folder, 'package.json');
      if (!existsSync(manifest)) continue;
      yield manifest;
      yield* filesBelow(join(folder, 'src'));
    }
  }
  for (const path of others) yield join(root, path);
}

/** @returns {Generator<string>} */
function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (!entry.name.endsWith('.test.ts')) yield path;
  }
}

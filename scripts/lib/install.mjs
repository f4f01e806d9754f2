import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { root } from './root.mjs';

/**
 * Installs a folder's packages with `npm ci`, when they are not what its lockfile says.
 *
 * @param {string} [folder] holds package.json and package-lock.json. Default: the workspace.
 */
export async function ensureInstalled(folder = root) {
  if (isInstalled(folder)) return;
  console.error(`Installing the packages of ${join(folder, 'package-lock.json')} ...`);
  // loglevel: on a Node older than 24, npm warns of it once for every package of ours.
  const code = await npm(['ci', '--loglevel=error'], folder);
  if (code !== 0) {
    throw new Error(
      `npm ci ended with ${code}; what it says above is the reason. ` +
        'The first run, and the first after the lockfile changed, need the network.',
    );
  }
}

/**
 * Whether node_modules holds what the lockfile asks for.
 *
 * npm writes node_modules/.package-lock.json last, so it is there only after a complete install, whoever ran it.
 * What is optional may be missing: it is mostly for other platforms.
 */
function isInstalled(folder) {
  const wanted = lockedPackages(join(folder, 'package-lock.json'));
  const present = lockedPackages(join(folder, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) throw new Error(`${folder} has no package-lock.json.`);
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    const found = present[path];
    // The lockfile's own entry, '', is the folder itself.
    if (path === '' || (found === undefined && entry.optional)) return true;
    return found?.version === entry.version && found?.integrity === entry.integrity;
  });
}

function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

function npm(args, cwd) {
  // npm names itself to what it runs; without it (`node scripts/run.mjs`) the PATH decides.
  const self = process.env.npm_execpath;
  if (self?.endsWith('.js')) return run(process.execPath, [self, ...args], { cwd });
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd });
}

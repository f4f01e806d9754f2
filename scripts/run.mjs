// The one entry behind every `npm run` verb: `node scripts/run.mjs <verb> [arguments]`.
//
// It runs on Node 20 and without any package, so that `npm start` and `npm test` work as the first
// command in a fresh clone: packages are installed when the lockfile asks for it, and the work is
// then done by the Node that the lockfile pins.
import { ensureInstalled } from './lib/install.mjs';
import { findNode } from './lib/node.mjs';
import { verbs } from './lib/verbs.mjs';

const [verb = '', ...args] = process.argv.slice(2);

async function main() {
  if (!Object.hasOwn(verbs, verb)) {
    throw new Error(`There is no '${verb}'; choose one of ${Object.keys(verbs).join(', ')}.`);
  }
  await ensureInstalled();
  return verbs[verb](findNode(), args);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`thingtalk: ${error.message}`);
  process.exitCode = 1;
}

// Foreign implementations that tests/interop talks to. Each is a folder of its own with its own lockfile, outside the
// workspace, so that nobody who uses thingTalk ever installs it.
//
// `npm test` calls ensurePeers(); by hand: node scripts/peers.mjs
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/root.mjs';

const peers = join(root, 'tests', 'interop', 'peers');

/** Installs every peer that is not what its lockfile says. */
export async function ensurePeers() {
  for (const peer of readdirSync(peers)) await ensureInstalled(join(peers, peer));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensurePeers();

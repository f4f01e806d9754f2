/** Ours: the gateway as `npm start` runs it, without the virtual house; embedded broker, routing, validation, metrics. */
import { parseArgs } from 'node:util';
import { startGateway } from '@thingtalk/gateway';
import { runServer } from './contract.ts';
import { makeCredentials } from './credentials.ts';
import { dataDirectory } from './data-directory.ts';
import { lamp, panel } from './definitions.ts';
import { panelNames } from './lamp.ts';

const { values: flags } = parseArgs({
  options: {
    /** Keeps what things say, in a directory that goes with it. */
    journal: { type: 'boolean', default: false },
    /** Keeps it there, for a start after this one. */
    data: { type: 'string' },
    panel: { type: 'boolean', default: false },
    /** Lets in only who shows a token, or the secret of a device; it has to keep who that is. */
    secured: { type: 'boolean', default: false },
  },
});
const scratch = dataDirectory();
const gateway = await startGateway({
  httpPort: 0,
  mqttPort: 0,
  data: flags.data ?? scratch.path,
  logLevel: 'warn',
  security: flags.secured ? 'on' : 'demo',
  // As raw node:http: what is measured is who may do it, not how it is encrypted.
  tlsMode: 'off',
  // All contenders stand at once: they would answer each other's multicast.
  discovery: 'off',
  // So that what was heard of 10,000 things is on disk when it has ended, on a slow one too.
  drainMs: 600_000,
  // The peers keep nothing either.
  database: flags.journal || flags.secured || flags.data !== undefined ? 'sqlite' : 'none',
});
await gateway.expose(lamp());
const credentials = gateway.security && (await makeCredentials(gateway.security));
const exposedPanel = flags.panel ? await gateway.expose(panel) : undefined;

await runServer({
  port: Number(new URL(gateway.httpUrl).port),
  mqttPort: Number(new URL(gateway.mqttUrl).port),
  ...(credentials && { credentials }),
  count: () => gateway.things.count,
  change: (count, value) => {
    for (const name of panelNames.slice(0, count)) exposedPanel?.report(name, value);
  },
  close: async () => {
    await gateway.drain();
    scratch[Symbol.dispose]();
  },
});

/** Ours: the gateway as `npm start` runs it, without the virtual house; embedded broker, routing, validation, metrics. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '@thingtalk/gateway';
import { runServer } from './contract.ts';
import { lamp, panel } from './definitions.ts';
import { panelNames } from './lamp.ts';

const data = mkdtempSync(join(tmpdir(), 'thingtalk-bench-'));
const gateway = await startGateway({
  httpPort: 0,
  mqttPort: 0,
  data,
  logLevel: 'warn',
  // The peers keep nothing either; what keeping costs is not measured here.
  database: 'none',
});
await gateway.expose(lamp());
const exposedPanel = process.argv.includes('--panel') ? await gateway.expose(panel) : undefined;

await runServer({
  port: Number(new URL(gateway.httpUrl).port),
  mqttPort: Number(new URL(gateway.mqttUrl).port),
  count: () => gateway.things.count,
  change: (count, value) => {
    for (const name of panelNames.slice(0, count)) exposedPanel?.report(name, value);
  },
  close: async () => {
    await gateway.drain();
    rmSync(data, { recursive: true, force: true });
  },
});

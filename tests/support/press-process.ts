import { appendFileSync, readFileSync } from 'node:fs';
import { defineThing, Servient } from '@thingtalk/core';
import { MqttBus } from '@thingtalk/core/mqtt';

// A Thing in a process of its own that counts its runs in a file, for tests that kill it: `press-process.ts <broker> <file>`.
// `press` must not happen twice, `home` may; either says `begun <id>` on its output, and returns how often it began.
const [url = '', file = ''] = process.argv.slice(2);

const work = async (
  _: unknown,
  { id, delay }: { id: string; delay: (ms: number) => Promise<void> },
) => {
  appendFileSync(file, `${id}\n`);
  console.log(`begun ${id}`);
  await delay(300);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line === id).length;
};

const press = defineThing(
  'urn:dev:press',
  {
    title: 'Press',
    actions: {
      press: { output: { type: 'integer' } },
      home: { output: { type: 'integer' }, idempotent: true },
    },
  },
  { actions: { press: work, home: work } },
);

const bus = await MqttBus.connect(url);
await new Servient({ bus }).expose(press);
console.log('exposed');

import { Bonjour, type Service } from 'bonjour-service';
import { consumeWithNodeWot } from './node-wot.ts';

// A program that knows nothing of thingTalk: `stranger.ts <instance>` browses by somebody else's DNS-SD, and uses the
// lamp it is led to by somebody else's Web of Things. It prints what it saw, a line each.
const [instance = ''] = process.argv.slice(2);

/** Resolves with the directory of that name; its address is where its announcement came from. */
function findDirectory(bonjour: Bonjour): Promise<Service> {
  return new Promise((resolve) => {
    const browser = bonjour.find({ type: 'wot' }, (service) => {
      if (service.name === instance) resolve(service);
    });
    // A packet that was lost is asked for again.
    setInterval(() => browser.update(), 500).unref();
  });
}

const bonjour = new Bonjour();
const { port, txt, referer } = await findDirectory(bonjour);
bonjour.destroy();
const base = `http://${referer?.address}:${port}`;
console.log(`found a ${txt.type}`);

const directory = await (await fetch(base + txt.td)).json();
console.log(`it is a ${directory['@type']}`);

const things: { id: string; title: string }[] = await (await fetch(`${base}/things`)).json();
const lamp = things.find(({ title }) => title === 'My Lamp');
const td = `${base}/things/${encodeURIComponent(lamp?.id ?? '')}`;

await using peer = await consumeWithNodeWot('pinned', 'http', td);
const { thing } = peer;
const read = async (name: string) => (await thing.readProperty(name)).value();
console.log(`brightness ${await read('brightness')}`);

const seen = Promise.withResolvers<unknown>();
const subscription = await thing.observeProperty('brightness', async (output) => {
  const value = await output.value();
  console.log(`observed ${value}`);
  if (value === 42) seen.resolve(value);
});
await thing.writeProperty('brightness', 42);
await seen.promise;
await subscription.stop();
console.log(`brightness ${await read('brightness')}`);
process.exit(0);

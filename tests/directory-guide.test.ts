import { defineThing } from '@thingtalk/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { read } from './docs/generated.ts';
import { type GatewayWorld, startGatewayWorld } from './support/gateway-world.ts';
import { runCommand, startCommand } from './support/shell.ts';

// The snippets of docs/guides/directory.md, one after the other, as a reader would run them.

const snippets = [...read('docs/guides/directory.md').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  ([, text = '']) => text.trim(),
);
const [register = '', patch = '', list = '', search = '', follow = ''] = snippets;
const [resume = '', describe = '', forget = '', adopt = ''] = snippets.slice(5);
const lamp = defineThing('urn:dev:ops:my-lamp-1234', { title: 'Lamp' });
const meter = '/things/urn:example:meter';

let world: GatewayWorld;
beforeAll(async () => {
  world = await startGatewayWorld({}, { expose: [lamp] });
});
afterAll(() => world[Symbol.asyncDispose]());

const here = (snippet: string) => snippet.replace('http://127.0.0.1:8080', world.gateway.httpUrl);
/** Runs a snippet; what is refused fails. */
const run = (snippet: string) =>
  runCommand(here(snippet).replace('curl', 'curl -s --fail-with-body'));
const titleOf = async (path: string) =>
  ((await (await world.fetch(path)).json()) as { title: string }).title;

test('the guide has the nine snippets that this suite runs', () => {
  expect(snippets).toHaveLength(9);
});

test('what changes is followed, and told again to who comes back', async () => {
  await using events = startCommand(here(follow).replace('curl', 'curl -s'));
  await events.says(/^id: \d+/m);
  await run(register);
  await events.says(/event: thing_created\ndata: .*"title":"Meter"/);
  await run(patch);
  await events.says(/event: thing_updated\ndata: \{"id":"urn:example:meter","title":"Main meter"/);
  expect(await titleOf(meter)).toBe('Main meter');
  await using missed = startCommand(here(resume).replace('curl', 'curl -s'));
  await missed.says(/event: thing_created\ndata: \{"id":"urn:example:meter"\}\nid: \d+/);
  await missed.says(/event: thing_updated\ndata: \{"id":"urn:example:meter"\}\nid: \d+/);
});

test('the list and the search find it', async () => {
  const page = await run(list);
  expect(page).toContain('rel="canonical"');
  expect(page).toContain('"@type":"ThingCollection"');
  expect(page).toContain('"id":"urn:example:meter"');
  expect(JSON.parse(await run(search))).toEqual(['urn:example:meter']);
});

test('what users add is served, and a Thing of the bus is forgotten and adopted', async () => {
  const path = `/things/${lamp.id}`;
  await run(describe);
  expect(await titleOf(path)).toBe('Reading lamp');
  await run(forget);
  expect((await world.fetch(path)).status).toBe(404);
  await run(adopt);
  await world.when(lamp.id);
  expect(await titleOf(path)).toBe('Reading lamp');
});

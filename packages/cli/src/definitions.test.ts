import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MemoryBus, Servient, type ThingDefinition } from '@thingtalk/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadDefinitions } from './definitions.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thingtalk-expose-'));
});
afterAll(() => rm(folder, { recursive: true }));

const core = pathToFileURL(join(import.meta.dirname, '../../core/src/index.ts')).href;

/** Writes a file that may call `defineThing`, and loads it. */
async function load(name: string, text: string) {
  const file = join(folder, name);
  await writeFile(file, `import { defineThing } from '${core}';\n${text}`);
  return loadDefinitions(file);
}

const ids = (definitions: readonly { readonly id: string }[]) => definitions.map(({ id }) => id);

test('one thing, several, or a function that gives them', async () => {
  const one = "defineThing('urn:a:1', { title: 'A' })";
  const two = "defineThing('urn:a:2', { title: 'B' })";
  expect(ids(await load('one.ts', `export default ${one}`))).toEqual(['urn:a:1']);
  expect(ids(await load('list.ts', `export default [${one}, ${two}]`))).toHaveLength(2);
  expect(ids(await load('call.ts', `export default async () => [${two}]`))).toEqual(['urn:a:2']);
});

test.each([
  ['none.ts', 'export const lamp = 1', /no default export \(it exports lamp\)/],
  ['number.ts', 'export default 5', /the default export is of type number, not a thing/],
  ['item.ts', 'export default [{}]', /item 0 of the default export is of type object, not a thing/],
  ['empty.ts', 'export default []', /empty list/],
  ['throws.ts', "throw new Error('no relay')", /cannot be loaded: no relay/],
  ['call-throws.ts', "export default () => { throw new Error('no bus'); }", /failed: no bus/],
  ['id.ts', "export default defineThing('lamp', { title: 'A' })", /'lamp' is not a Thing id/],
  [
    'twice.ts',
    "const a = defineThing('urn:a:1', { title: 'A' }); export default [a, a]",
    /two things have the id 'urn:a:1'/,
  ],
  [
    'td.ts',
    "export default defineThing('urn:a:1', { title: 'A', properties: { on: { type: 'bool' } } } as never)",
    /urn:a:1 does not hold.*\/properties\/on\/type/s,
  ],
  [
    'initial.ts',
    "export default defineThing('urn:a:1', { title: 'A', properties: { level: { type: 'integer', maximum: 9 } } }, { initial: { level: 10, lvl: 1 } as never })",
    /initial values of urn:a:1 do not fit:\n {2}at \/level: .*9\n {2}at \/lvl: there is no such property/,
  ],
])('%s is refused with what to mend', async (name, text, message) => {
  const refused = load(name, text);
  await expect(refused).rejects.toMatchObject({ name: 'Error', exit: 'usage' });
  await expect(refused).rejects.toThrow(name);
  await expect(refused).rejects.toThrow(message);
});

test('a start that throws is told as a mistake in the file', async () => {
  const text =
    "export default defineThing('urn:a:1', { title: 'A' }, { start() { throw new Error('no relay'); } })";
  const [thing] = await load('start.ts', text);
  await using servient = new Servient({ bus: new MemoryBus() });
  await expect(servient.expose(thing as ThingDefinition)).rejects.toMatchObject({
    exit: 'usage',
    message: expect.stringMatching(/start\.ts: the start of urn:a:1 failed: no relay$/),
  });
});

test('a folder is no file', async () => {
  await expect(loadDefinitions(folder)).rejects.toThrow(/this is not a file/);
});

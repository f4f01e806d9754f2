import { copyFile, mkdir, open, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, type StoredThing, silentLogger, ThingId } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { readList } from '../documents/document-texts.ts';
import { Batch } from '../journal/batch.ts';
import { readThingPage } from '../journal/thing-page.ts';
import { placesIn } from '../testing/flips.ts';
import { scratchDirectory } from '../testing/scratch.ts';
import { Engine } from './engine.ts';

const count = 400;
const now = Date.parse('2026-11-24T12:00:00Z');
const settings = (directory: string) => ({
  directory,
  eventsKept: 1_000,
  versionsKept: 100,
  ballastBytes: 2 ** 18,
  now,
});

const documentOf = (n: number) => ({ title: `Thing ${n}`, text: 'x'.repeat(n % 200) });
const thingOf = (n: number) => ThingId(`urn:dev:${n}`);
const textOf = (n: number) => `value ${n} ${'y'.repeat(n % 50)}`;

/** A database with 400 documents, 400 Things with a value each, and 400 events. */
async function fill(directory: string): Promise<void> {
  const engine = await Engine.open(settings(directory), silentLogger);
  const numbers = Array.from({ length: count }, (_, n) => n);
  const entry = (n: number) => ({ thing: thingOf(n), stamp: { e: 1, s: 1 }, time: n });
  const told = new Batch();
  for (const n of numbers) told.add({ ...entry(n), kind: 'values', values: { on: textOf(n) } });
  for (const n of numbers) {
    const event = { kind: 'event', stamp: undefined, time: n, name: 'counted', data: n } as const;
    told.add({ ...event, thing: thingOf(0) });
  }
  await engine.commit(told.text());
  for (const n of numbers) {
    const value = JSON.stringify(documentOf(n));
    await engine.write({ collection: 'tds', key: `k${n}`, value, author: 'me', time: n });
  }
  await engine.close();
}

/** What is found in a database, each kind as how many of it; anything that is not as it was written fails. */
async function found(engine: Engine) {
  const documents = readList('tds', await engine.list('tds', {}));
  for (const { key, text } of documents) {
    expect(JSON.parse(text)).toEqual(documentOf(Number(key.slice(1))));
  }
  const things: StoredThing[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const { text, last }: Awaited<ReturnType<Engine['page']>> = await engine.page(after);
    things.push(...readThingPage(text, last).things);
    after = last;
  }
  const values = things.flatMap(({ thing, values }) => {
    const value = values.get('on')?.value;
    if (value !== undefined) expect(value).toBe(textOf(Number(thing.slice(8))));
    return value === undefined ? [] : [value];
  });
  const events = await engine.events(thingOf(0), { limit: count * 2 });
  for (const { data, time } of events) expect(data).toBe(time);
  return {
    documents: documents.length,
    things: things.length,
    values: values.length,
    events: events.length,
  };
}

const whole = { documents: count, things: count, values: count, events: count };

function collecting(): { readonly logger: Logger; readonly errors: object[] } {
  const errors: object[] = [];
  return { errors, logger: { ...silentLogger, error: (fields) => errors.push(fields) } };
}

async function flip(path: string, offset: number, mask: number): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8(0) ^ mask, 0);
  await file.write(byte, 0, 1, offset);
}

/** One byte is flipped in each so many; `npm run test:faults` says 100. */
const step = Number(process.env.THINGTALK_TEST_FLIPS ?? 5_000);

test('with a byte flipped anywhere it starts, says nothing wrong, and loses nothing in silence', async () => {
  await using original = await scratchDirectory();
  await fill(original.path);
  const source = join(original.path, 'thingtalk.db');
  const { size } = await stat(source);
  const inHeader = [0, 15, 16, 18, 19, 20, 28, 44, 52, 56, 64, 72, 96, 100, 101, 103, 105, 110];
  for (const offset of [...inHeader, ...placesIn(size, step)]) {
    await using scratch = await scratchDirectory();
    const path = join(scratch.path, 'thingtalk.db');
    await copyFile(source, path);
    await flip(path, offset, 1 << (offset % 8));
    const { logger, errors } = collecting();
    const engine = await Engine.open(settings(scratch.path), logger);
    const rest = await found(engine);
    if (errors.length === 0) expect(rest, `offset ${offset}`).toEqual(whole);
    // One damaged page costs no more than the rows of its neighbourhood.
    for (const [kind, n] of Object.entries(rest)) {
      expect(n, `${kind} with the byte at ${offset} flipped`).toBeGreaterThan(count / 3);
    }
    await engine.close();
  }
}, 3_600_000);

test('a damaged file is kept under a dated name, byte for byte, and the log says what was saved', async () => {
  await using scratch = await scratchDirectory();
  await fill(scratch.path);
  const path = join(scratch.path, 'thingtalk.db');
  await flip(path, 0, 1);
  const damaged = await readFile(path);
  const { logger, errors } = collecting();
  const engine = await Engine.open(settings(scratch.path), logger);
  expect(await found(engine)).toEqual(whole);
  await engine.close();
  const kept = `${path}.damaged-2026-11-24T12-00-00.000Z`;
  expect(await readFile(kept)).toEqual(damaged);
  expect(errors).toMatchObject([
    {
      kept,
      tables: {
        documents: { rows: count, damaged: 0, incomplete: false },
        property_values: { rows: count, damaged: 0, incomplete: false },
      },
    },
  ]);
});

test.each([
  ['overwritten by text', (path: string) => overwrite(path)],
  ['cut in the middle', async (path: string) => truncate(path, (await stat(path)).size >> 1)],
  ['cut in the first page', (path: string) => truncate(path, 1_000)],
])('a file that was %s is kept, and a new one is begun', async (_, harm) => {
  await using scratch = await scratchDirectory();
  await fill(scratch.path);
  await harm(join(scratch.path, 'thingtalk.db'));
  const { logger, errors } = collecting();
  const engine = await Engine.open(settings(scratch.path), logger);
  await found(engine);
  await engine.write({ collection: 'new', key: 'k', value: '1', author: 'me', time: 1 });
  await engine.close();
  expect(errors.length).toBeGreaterThan(0);
  const files = await readdir(scratch.path);
  expect(files.filter((name) => name.includes('damaged'))).toHaveLength(1);
  expect(files.filter((name) => /rescued|copy/.test(name))).toEqual([]);
});

test('a database that is gone is missed, and its log is kept', async () => {
  await using scratch = await scratchDirectory();
  await fill(scratch.path);
  const path = join(scratch.path, 'thingtalk.db');
  await truncate(path, 0);
  await copyFile(join(scratch.path, 'ballast'), `${path}-wal`);
  const { logger, errors } = collecting();
  const engine = await Engine.open(settings(scratch.path), logger);
  await engine.close();
  const kept = `${path}-wal.damaged-2026-11-24T12-00-00.000Z`;
  expect(errors).toEqual([{ database: path, kept }]);
  expect(await readdir(scratch.path)).toContain(
    'thingtalk.db-wal.damaged-2026-11-24T12-00-00.000Z',
  );
});

test.each([
  ['a directory', /thingtalk\.db cannot be used: it is a directory/, (path: string) => mkdir(path)],
])('%s in its place is named, and nothing is touched', async (_, detail, make) => {
  await using scratch = await scratchDirectory();
  await make(join(scratch.path, 'thingtalk.db'));
  await expect(Engine.open(settings(scratch.path), silentLogger)).rejects.toMatchObject({
    name: 'storage-unreachable',
    detail: expect.stringMatching(detail),
  });
});

async function overwrite(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write('this was a database once. '.repeat(1_000), 0);
}

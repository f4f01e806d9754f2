import { appendFile, chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AuditLog } from './audit-log.ts';
import { entry, openAuditPlace } from './testing-audit.ts';

const numbers = async (log: AuditLog) => (await log.query()).entries.map(({ n }) => n);

test('what is recorded is found, newest first, with its time', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  log.record(entry({ what: 'login' }));
  place.clock.tick(1_500);
  log.record(entry({ what: 'writeproperty', on: 'urn:dev:lamp/on', outcome: 'denied', why: 'no' }));
  expect(await log.query()).toEqual({
    entries: [
      {
        ...{ n: 2, time: place.clock.now(), who: 'person_1', from: '192.0.2.1' },
        ...{ what: 'writeproperty', on: 'urn:dev:lamp/on', outcome: 'denied', why: 'no' },
      },
      { n: 1, time: place.clock.now() - 1_500, ...entry() },
    ],
    forgotten: 0,
  });
});

test('it is written a moment later, by itself, readable by its owner only', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  log.record(entry());
  await place.clock.advance(200);
  await log.verify();
  const [name = ''] = await readdir(place.directory);
  const { mode } = await stat(join(place.directory, name));
  expect(mode & 0o777).toBe(0o600);
  expect((await stat(place.directory)).mode & 0o777).toBe(0o700);
  expect(await readFile(join(place.directory, name), 'utf8')).toContain('"what":"login"');
});

test('a restart goes on where it ended', async () => {
  await using place = await openAuditPlace();
  for (const what of ['a', 'b', 'c']) {
    await using log = await place.open();
    log.record(entry({ what }));
  }
  await using log = await place.open();
  expect((await log.query()).entries.map(({ n, what }) => [n, what])).toEqual([
    [3, 'c'],
    [2, 'b'],
    [1, 'a'],
  ]);
  expect(await log.verify()).toEqual({ entries: 3 });
});

test('what comes after its end is not taken, and leaves no timer behind', async () => {
  await using place = await openAuditPlace();
  const log = await place.open();
  log.record(entry({ what: 'a' }));
  await log[Symbol.asyncDispose]();
  log.record(entry({ what: 'b' }));
  expect(place.clock.waiting).toBe(0);
  await using again = await place.open();
  expect(await numbers(again)).toEqual([1]);
});

test('a line that the power cut short is taken away, and the rest stays', async () => {
  await using place = await openAuditPlace();
  {
    await using log = await place.open();
    log.record(entry({ what: 'a' }));
  }
  const [name = ''] = await readdir(place.directory);
  await appendFile(join(place.directory, name), '{"n":2,"time":17');
  await using log = await place.open();
  log.record(entry({ what: 'b' }));
  expect(await numbers(log)).toEqual([2, 1]);
  expect(await log.verify()).toEqual({ entries: 2 });
});

test('what happens again within a minute is counted, and written when the minute is over', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  for (let n = 0; n < 1_000; n++)
    log.record(entry({ what: 'writeproperty', on: 'urn:dev:x/level' }));
  log.record(entry());
  expect(await numbers(log)).toEqual([2, 1]);
  await place.clock.advance(60_000);
  const { entries } = await log.query();
  expect(entries.map(({ what, count }) => [what, count])).toEqual([
    ['writeproperty', 999],
    ['login', undefined],
    ['writeproperty', undefined],
  ]);
  log.record(entry({ what: 'writeproperty', on: 'urn:dev:x/level' }));
  expect(await numbers(log)).toEqual([4, 3, 2, 1]);
});

test('a flood of denials from one address is counted, whatever it tries', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  for (let n = 0; n < 10_000; n++) {
    log.record(entry({ outcome: 'denied', on: `urn:dev:${n}`, from: `2001:db8::${n % 100}` }));
  }
  log.record(entry({ outcome: 'denied', from: '192.0.2.9', what: 'connect' }));
  await place.clock.advance(60_000);
  const { entries } = await log.query();
  expect(entries).toHaveLength(32);
  expect(entries[0]).toMatchObject({ what: 'denials', outcome: 'denied', count: 9_970 });
  expect(entries[1]).toMatchObject({ what: 'connect', from: '192.0.2.9' });
});

test('a flood from everywhere is counted too', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  for (let n = 0; n < 5_000; n++) {
    log.record(entry({ outcome: 'denied', from: `10.0.${n >> 8}.${n & 255}` }));
  }
  await place.clock.advance(60_000);
  const { entries } = await log.query({ limit: 1_000 });
  expect(entries[0]).toMatchObject({ from: 'several', count: 3_000 });
  expect(await log.verify()).toEqual({ entries: 2_001 });
});

test('more than can wait is lost, and how much is written down', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open({ waiting: 10 });
  for (let n = 0; n < 25; n++) log.record(entry({ on: `x${n}` }));
  const { entries } = await log.query();
  expect(entries).toHaveLength(11);
  expect(entries[0]).toMatchObject({ who: 'gateway', what: 'audit.lost', count: 15 });
});

test.each([{ entries: 160 }, { bytes: 20_000 }])(
  'with %j the oldest go, and how many is told',
  async (limits) => {
    await using place = await openAuditPlace();
    await using log = await place.open(limits);
    for (let n = 0; n < 1_000; n++) {
      log.record(entry({ on: `x${n}` }));
      if (n % 5 === 4) await log.flush();
    }
    const { entries, forgotten } = await log.query({ limit: 1_000 });
    expect(entries[0]?.on).toBe('x999');
    expect(entries.at(-1)?.n).toBe(forgotten + 1);
    expect(entries.length + forgotten).toBe(1_000);
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.length).toBeLessThanOrEqual(160);
    const sizes = await Promise.all(
      (await readdir(place.directory)).map((name) => stat(join(place.directory, name))),
    );
    const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(limits.bytes ?? Number.POSITIVE_INFINITY);
    expect(await log.verify()).toEqual({ entries: entries.length });
  },
);

test('a page ends where the next begins, and together they are all', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open({ entries: 80 });
  for (let n = 1; n <= 60; n++) {
    log.record(entry({ on: `x${n}` }));
    await log.flush();
  }
  const seen: number[] = [];
  for (let below: number | undefined = Number.MAX_SAFE_INTEGER; below !== undefined; ) {
    const page: Awaited<ReturnType<AuditLog['query']>> = await log.query({ below, limit: 7 });
    seen.push(...page.entries.map(({ n }) => n));
    below = page.next;
  }
  expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => 60 - n));
});

test('each wish narrows what is found', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  const start = place.clock.now();
  log.record(entry({ what: 'grant.create', on: 'grant_1' }));
  place.clock.tick(1_000);
  log.record(entry({ who: 'person_"2"', what: 'writeproperty', on: 'urn:dev:lamp/on' }));
  place.clock.tick(1_000);
  log.record(entry({ from: '192.0.2.7', outcome: 'denied', on: 'urn:dev:lamp2' }));
  const found = async (query: Parameters<AuditLog['query']>[0]) =>
    (await log.query(query)).entries.map(({ n }) => n);
  expect(await found({ who: 'person_1' })).toEqual([3, 1]);
  expect(await found({ who: 'person_"2"' })).toEqual([2]);
  expect(await found({ what: 'grant' })).toEqual([1]);
  expect(await found({ what: 'gran' })).toEqual([]);
  expect(await found({ on: 'urn:dev:lamp' })).toEqual([2]);
  expect(await found({ outcome: 'denied' })).toEqual([3]);
  expect(await found({ from: '192.0.2.7', who: 'person_2' })).toEqual([]);
  expect(await found({ after: start })).toEqual([3, 2]);
  expect(await found({ before: start + 2_000 })).toEqual([2, 1]);
});

test('a disk that fails is told once, and what waited is written when it works again', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  await rm(place.directory, { recursive: true });
  log.record(entry({ what: 'a' }));
  await log.flush();
  await log.flush();
  expect(place.complaints).toEqual(['the audit log cannot be written; it is tried again']);
  await using _other = await place.open();
  await place.clock.advance(5_000);
  expect((await log.query()).entries.map(({ what }) => what)).toEqual(['a']);
  expect(await log.verify()).toEqual({ entries: 1 });
});

test.each<[string, (text: string) => string, number]>([
  ['edited', (text) => text.replace('"b"', '"B"'), 2],
  ['taken out', (text) => text.replace(/^.*"b".*\n/m, ''), 2],
  ['put in', (text) => text.replace(/^(.*"b".*\n)/m, '$1$1'), 3],
  ['swapped', (text) => text.replace(/^(.*"b".*\n)(.*\n)/m, '$2$1'), 2],
  ['garbage', (text) => text.replace(/^.*"b".*\n/m, 'x\n'), 2],
  ['cut off', (text) => text.replace(/^.*"d".*\n/m, ''), 4],
])('T10: a line that is %s is found', async (_how, spoil, n) => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  for (const what of ['a', 'b', 'c', 'd']) log.record(entry({ what }));
  await log.flush();
  const path = join(place.directory, 'audit-000000000001.jsonl');
  const text = await readFile(path, 'utf8');
  await writeFile(path, spoil(text));
  expect(await log.verify()).toMatchObject({ wrong: { n, file: 'audit-000000000001.jsonl' } });
  await writeFile(path, text);
  expect(await log.verify()).toEqual({ entries: 4 });
});

test('T11: what looks like a secret is not kept', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  const canary = 'canary4711canary4711';
  log.record(entry({ on: `/things?access_token=${canary}&x=1`, why: `Bearer ${canary}` }));
  log.record(entry({ who: `tt_pat_ab12_${canary}`, what: `tt_device_${canary}` }));
  log.record(
    entry({ from: `authorization: basic ${canary}`, why: 'the scheme Basic is not offered' }),
  );
  await log.flush();
  for (const name of await readdir(place.directory)) {
    expect(await readFile(join(place.directory, name), 'utf8')).not.toContain('canary');
  }
  expect((await log.query({ limit: 1 })).entries[0]?.why).toBe('the scheme Basic is not offered');
});

test('whatever is recorded, a line stays a line of bounded length', async () => {
  await using place = await openAuditPlace();
  await using log = await place.open();
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\n"}'.repeat(5_000)));
  const entries = fc.record({ who: text, from: text, what: text, on: text, why: text });
  for (const one of fc.sample(entries, 200)) log.record({ ...one, outcome: 'allowed' });
  const { entries: found } = await log.query({ limit: 1_000 });
  expect(await log.verify()).toEqual({ entries: found.length });
  for (const one of found) expect(JSON.stringify(one).length).toBeLessThan(10_000);
});

test('a log that cannot be read is no reason to forget its numbers', async () => {
  await using place = await openAuditPlace();
  {
    await using log = await place.open();
    log.record(entry({ what: 'a' }));
    log.record(entry({ what: 'b' }));
  }
  const path = join(place.directory, 'audit-000000000001.jsonl');
  await writeFile(path, 'x\ny\n');
  await chmod(path, 0o600);
  await using log = await place.open();
  log.record(entry({ what: 'c' }));
  expect(await numbers(log)).toEqual([3]);
  expect(await log.verify()).toMatchObject({ entries: 0, wrong: { n: 1 } });
});

test('lines of a key that another took the place of are looked at with it, and cannot be made with it any more', async () => {
  await using place = await openAuditPlace();
  {
    await using log = await place.open();
    for (const what of ['a', 'b']) log.record(entry({ what }));
  }
  const [old, next] = [Buffer.from('key'), Buffer.from('next')];
  const { directory, clock } = place;
  const reopen = (last: number) =>
    AuditLog.open({
      ...{ directory, clock, logger: silentLogger, chainKey: next },
      formerKeys: [{ last, key: old }],
    });
  {
    await using log = await reopen(2);
    log.record(entry({ what: 'c' }));
    expect(await log.verify()).toEqual({ entries: 3 });
  }
  await using wrong = await place.open();
  expect((await wrong.verify()).wrong?.n).toBe(3);
  await using early = await reopen(1);
  expect((await early.verify()).wrong?.n).toBe(2);
});

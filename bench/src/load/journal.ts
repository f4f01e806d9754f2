/** Load program: writes to the journal in this process, by groups through its own API, or each in a commit of its own. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Journal, ThingId } from '@thingtalk/core';
import { openSqlite } from '@thingtalk/storage';
import { dataDirectory } from '../servers/data-directory.ts';
import { lampIdOf } from '../servers/lamp.ts';
import { finish, task } from './program.ts';

/** What to do. */
export interface JournalTask {
  readonly how: 'groups' | 'single commits';
  /** Each writes a lamp of its own, and waits until it is stored before it writes again. */
  readonly writers: number;
  readonly seconds: number;
}

const { how, writers, seconds } = task<JournalTask>();
const lamps = Array.from({ length: writers }, (_, n) => ThingId(lampIdOf(n + 1)));
const { count, cpu } = await measure();
finish({ value: count / seconds, cpuUs: (cpu.user + cpu.system) / count });

async function measure() {
  using data = dataDirectory();
  return await (how === 'groups' ? writeInGroups(data.path) : writeSingly(data.path));
}

async function writeInGroups(directory: string) {
  await using storage = await openSqlite({ directory });
  await fill(storage.journal);
  const until = performance.now() + seconds * 1_000;
  const before = process.cpuUsage();
  const counts = await Promise.all(
    lamps.map(async (thing) => {
      let s = 1;
      while (performance.now() < until) await append(storage.journal, thing, ++s);
      return s - 1;
    }),
  );
  return { count: counts.reduce((sum, one) => sum + one, 0), cpu: process.cpuUsage(before) };
}

/** The same two rows a write, by statements prepared once, in the thread that asks: the best that single commits can do. */
async function writeSingly(directory: string) {
  {
    await using storage = await openSqlite({ directory });
    await fill(storage.journal);
  }
  const db = new DatabaseSync(join(directory, 'thingtalk.db'));
  db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
  const stamp = db.prepare('update things set s = ? where thing = ?');
  const value = db.prepare(
    'update property_values set value = ?, time = ?, version = version + 1 where thing = ? and name = ?',
  );
  const until = performance.now() + seconds * 1_000;
  const before = process.cpuUsage();
  let count = 0;
  while (performance.now() < until) {
    const thing = lamps[count % lamps.length] as string;
    count++;
    db.exec('begin immediate');
    stamp.run(count, thing);
    const { changes } = value.run(String(count % 101), Date.now(), thing, 'brightness');
    db.exec('commit');
    if (changes !== 1) throw new Error('the tables are not those that this was written for');
  }
  const cpu = process.cpuUsage(before);
  db.close();
  return { count, cpu };
}

async function fill(journal: Journal): Promise<void> {
  await Promise.all(lamps.map((thing) => append(journal, thing, 1)));
}

function append(journal: Journal, thing: ThingId, s: number): Promise<void> {
  const values = { brightness: s % 101 };
  return journal.append({ kind: 'values', thing, stamp: { e: 1, s }, time: Date.now(), values });
}

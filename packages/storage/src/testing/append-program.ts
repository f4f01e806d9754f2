// Appends numbered events to a journal, and prints each number once it is acknowledged, until it is killed.
// Usage: append-program.ts <directory or postgres: URL> <first number> [<how many at once>]
import { type Journal, ThingId } from '@thingtalk/core';
import { openPostgres } from '../postgres/open-postgres.ts';
import { openSqlite } from '../sqlite/open-sqlite.ts';

const [place = '', first = '1', atOnce = '16'] = process.argv.slice(2);

const { journal } = place.startsWith('postgres:')
  ? await openPostgres({ url: place })
  : await openSqlite({ directory: place });

/** Number `n` is the same message each time it is sent. */
async function append(journal: Journal, n: number): Promise<void> {
  const thing = ThingId(`urn:dev:${n % 4}`);
  await journal.append({
    kind: 'event',
    thing,
    stamp: { e: 1, s: n },
    time: n,
    name: 'counted',
    data: n,
  });
  // To a pipe this is synchronous: what is printed here has left the process.
  process.stdout.write(`ack ${n}\n`);
}

/** The numbers that nobody has taken yet. */
function* from(first: number): Generator<number> {
  for (let n = first; ; n++) yield n;
}

const numbers = from(Number(first));
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    for (const n of numbers) await append(journal, n);
  }),
);

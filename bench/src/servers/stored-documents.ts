/** Baseline of a restart: node:http over the documents of the same database, read into memory and served joined. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { listen, runServer } from './contract.ts';

const [directory = ''] = process.argv.slice(2);
const db = new DatabaseSync(join(directory, 'thingtalk.db'), { readOnly: true });
const rows = db
  .prepare(
    'select key, value, max(version) from documents where value is not null group by collection, key',
  )
  .all() as { readonly key: string; readonly value: string }[];
// Parsed, as whoever serves them must know what they are.
const documents = new Map(
  rows.map(({ key, value }) => [key, { value, content: JSON.parse(value) }]),
);
db.close();

const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(`[${[...documents.values()].map(({ value }) => value).join(',')}]`);
});
await runServer({ port: await listen(server), count: () => documents.size });

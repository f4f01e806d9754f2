import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLasting } from './lasting-directory.ts';
import { scratchDirectory } from './testing/scratch.ts';

// That its name lasts is seen in power-loss.test.ts.
test('a directory is made with those above it, and one that is there stays as it is', async () => {
  await using scratch = await scratchDirectory();
  const path = join(scratch.path, 'a', 'b', 'c');
  await makeLasting(path);
  await writeFile(join(path, 'file'), 'text');
  await makeLasting(path);
  expect((await stat(join(path, 'file'))).size).toBe(4);
});

test('a file in its place is told of', async () => {
  await using scratch = await scratchDirectory();
  const path = join(scratch.path, 'a');
  await writeFile(path, 'text');
  await expect(makeLasting(path)).rejects.toMatchObject({ code: 'EEXIST' });
});

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityFile, loadIdentity } from './identity.ts';

describe('loadIdentity', () => {
  let directory = '';
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'thingtalk-identity-')), 'data');
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('chooses a random urn:uuid: at the first start, and keeps it', async () => {
    const { id } = await loadIdentity(directory);
    expect(id).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(await loadIdentity(directory)).toEqual({ id });
    expect(await readdir(directory)).toEqual([identityFile]);
  });

  it('keeps the directory and the file to their owner', async () => {
    await loadIdentity(directory);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, identityFile))).mode & 0o777).toBe(0o600);
  });

  it('refuses a file that holds no identity, by its name, and leaves it as it is', async () => {
    await loadIdentity(directory);
    const file = join(directory, identityFile);
    for (const text of ['', '{', '[]', '{"id": 7}', '{"id": "no uri"}', '[['.repeat(500)]) {
      await writeFile(file, text);
      await expect(loadIdentity(directory)).rejects.toThrow(file);
      expect(await readFile(file, 'utf8')).toBe(text);
    }
  });
});

it('a data directory that is a file is told as the setting it is', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'thingtalk-identity-')), 'file');
  await writeFile(file, '');
  await expect(loadIdentity(file)).rejects.toThrow(
    /--data: .*file cannot be used as the data directory/,
  );
});

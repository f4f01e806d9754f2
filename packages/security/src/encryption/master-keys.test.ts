import { randomBytes } from 'node:crypto';
import { chmod, mkdtempDisposable, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MasterKey, MasterKeyError, openMasterKeys, readMasterKeys } from './master-keys.ts';

const scratch = () => mkdtempDisposable(join(tmpdir(), 'thingtalk-key-'));
const text = () => randomBytes(32).toString('base64');

test('the first start makes the key, readable by its owner only, and the next finds it', async () => {
  await using place = await scratch();
  const directory = join(place.path, 'data');
  const [first] = await openMasterKeys({ directory, env: {} });
  const { mode } = await stat(join(directory, 'master.key'));
  expect(mode & 0o777).toBe(0o600);
  const [again, ...others] = await openMasterKeys({ directory, env: {} });
  expect(again.id).toBe(first.id);
  expect(others).toEqual([]);
});

test('of ten who start at once, all have the same key', async () => {
  await using place = await scratch();
  const starts = Array.from({ length: 10 }, () =>
    openMasterKeys({ directory: place.path, env: {} }),
  );
  const ids = (await Promise.all(starts)).map(([key]) => key.id);
  expect(new Set(ids).size).toBe(1);
});

test('a key of the environment comes before the file, and makes none', async () => {
  await using place = await scratch();
  const env = { THINGTALK_MASTER_KEY: text() };
  const [key] = await openMasterKeys({ directory: place.path, env });
  expect(key.id).toBe(readMasterKeys(env.THINGTALK_MASTER_KEY, 'here')[0].id);
  await expect(stat(join(place.path, 'master.key'))).rejects.toThrow('ENOENT');
});

test.each([0o640, 0o604, 0o660, 0o777, 0o601])(
  'a file of mode %o is refused in one line',
  async (mode) => {
    await using place = await scratch();
    const path = join(place.path, 'master.key');
    await writeFile(path, text());
    await chmod(path, mode);
    const error = await openMasterKeys({ directory: place.path, env: {} }).catch((e) => e);
    expect(error).toBeInstanceOf(MasterKeyError);
    expect(error.message).toBe(
      `${path}: its mode is 0${mode.toString(8)}, and others may read it; do: chmod 600 ${path}`,
    );
  },
);

test.each([
  ['', 'there is no key in it'],
  [randomBytes(31).toString('base64'), 'the key is not 32 bytes in base64'],
  [randomBytes(33).toString('base64'), 'the key is not 32 bytes in base64'],
  [`${text()} short`, 'key 2 of 2 is not 32 bytes in base64'],
  ['x'.repeat(5_000), '5000 bytes are more than 4096'],
])(
  'a file that holds no key is refused in one line that does not show it: %#',
  async (content, why) => {
    await using place = await scratch();
    const path = join(place.path, 'master.key');
    await writeFile(path, content, { mode: 0o600 });
    const error = await openMasterKeys({ directory: place.path, env: {} }).catch((e) => e);
    expect(error.message).toBe(`${path}: ${why}`);
    expect(await readFile(path, 'utf8')).toBe(content);
  },
);

test('a link to a file elsewhere is not followed', async () => {
  await using place = await scratch();
  await writeFile(join(place.path, 'other'), text(), { mode: 0o600 });
  await symlink(join(place.path, 'other'), join(place.path, 'master.key'));
  await expect(openMasterKeys({ directory: place.path, env: {} })).rejects.toBeInstanceOf(
    MasterKeyError,
  );
});

test('a key shows its id and nothing of itself, and derives others that tell nothing of it', () => {
  const bytes = randomBytes(32);
  const key = new MasterKey(bytes);
  const shown = inspect(key, { showHidden: true, depth: 9 }) + JSON.stringify(key);
  expect(shown).not.toContain(bytes.toString('hex').slice(0, 16));
  expect(shown).not.toContain(bytes.toString('base64').slice(0, 16));
  expect(key.id).toMatch(/^[0-9a-f]{16}$/);
  expect(key.derive('a')).toEqual(new MasterKey(bytes).derive('a'));
  expect(key.derive('a')).not.toEqual(key.derive('b'));
  expect(key.derive('a', randomBytes(16))).not.toEqual(key.derive('a'));
});

test('whatever text is given as keys, it is read or refused without being shown', () =>
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (given) => {
      try {
        readMasterKeys(given, 'here');
      } catch (error) {
        expect(error).toBeInstanceOf(MasterKeyError);
        expect((error as Error).message).toMatch(
          /^here: (there is no key in it|(the key|key \d+ of \d+) is not 32 bytes in base64)$/,
        );
      }
    }),
  ));

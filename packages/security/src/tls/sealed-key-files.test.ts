import { randomBytes } from 'node:crypto';
import { Problem } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { MasterKey } from '../encryption/master-keys.ts';
import { Sealer } from '../encryption/sealer.ts';
import { OwnCertificates, ownFiles } from './own-certificates.ts';
import { sealedKeyFiles } from './sealed-key-files.ts';
import { MemoryFiles } from './testing-files.ts';

const oldKey = new MasterKey(randomBytes(32));
const newKey = new MasterKey(randomBytes(32));
const open = (files: MemoryFiles, ...keys: readonly [MasterKey, ...MasterKey[]]) =>
  OwnCertificates.open({
    files: sealedKeyFiles(files, new Sealer(keys)),
    title: 'test',
    names: () => ['localhost'],
  });
const isPlain = (text = '') => text.includes('-----BEGIN');

test('keys are kept sealed, and what everybody may read is not', async () => {
  const files = new MemoryFiles();
  using first = await open(files, oldKey);
  expect(isPlain(files.texts.get(ownFiles.authority))).toBe(false);
  expect(isPlain(files.texts.get(ownFiles.server))).toBe(false);
  expect(files.texts.get(ownFiles.public)).toBe(first.authority);
  using second = await open(files, oldKey);
  expect(second.current).toEqual(first.current);
});

test('what was written before there was a seal is sealed when it is read', async () => {
  const files = new MemoryFiles();
  using plain = await OwnCertificates.open({ files, title: 'test', names: () => ['localhost'] });
  expect(isPlain(files.texts.get(ownFiles.authority))).toBe(true);
  using sealed = await open(files, oldKey);
  expect(sealed.authority).toBe(plain.authority);
  expect(isPlain(files.texts.get(ownFiles.authority))).toBe(false);
  expect(isPlain(files.texts.get(ownFiles.server))).toBe(false);
});

test('a new master key seals anew, and then the old one is no longer needed', async () => {
  const files = new MemoryFiles();
  using first = await open(files, oldKey);
  using _changed = await open(files, newKey, oldKey);
  using last = await open(files, newKey);
  expect(last.authority).toBe(first.authority);
});

test('without the master key no other authority is made, and the start fails', async () => {
  const files = new MemoryFiles();
  using _first = await open(files, oldKey);
  const before = new Map(files.texts);
  await expect(open(files, newKey)).rejects.toThrow(Problem);
  expect(files.texts).toEqual(before);
});

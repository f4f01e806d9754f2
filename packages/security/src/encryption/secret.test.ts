import { format, inspect } from 'node:util';
import { Problem } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

const canary = 'canary-4711';
const secret = new Secret(canary);

test('a secret is had by asking for it', () => {
  expect(secret.reveal()).toBe(canary);
  expect(new Secret(Buffer.from(canary)).reveal().toString()).toBe(canary);
});

test.each<[string, () => string]>([
  ['a template', () => `${secret}`],
  ['String()', () => String(secret)],
  ['a sum', () => `x${secret}`],
  ['JSON', () => JSON.stringify({ secret, deep: [{ secret }] })],
  ['inspect', () => inspect({ secret }, { depth: 9, showHidden: true })],
  ['console.log', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['the message of an error', () => new Error(`no ${secret}`).stack ?? ''],
  ['the cause of an error', () => inspect(new Error('no', { cause: secret }))],
  ['a problem', () => JSON.stringify(new Problem('forbidden', `not with ${secret}`))],
  ['a list that is joined', () => [secret, secret].join()],
])('%s does not show a secret', (_what, text) => {
  expect(text()).not.toContain(canary);
  expect(text()).toContain('[secret]');
});

test('what goes to another thread, or is spread, holds nothing of it', () => {
  expect(inspect(structuredClone(secret), { showHidden: true })).not.toContain(canary);
  expect(inspect({ ...secret }, { showHidden: true })).not.toContain(canary);
  expect(Object.getOwnPropertyNames(secret)).toEqual([]);
});

test('as a number it is none, and as the name of a member it is hidden', () => {
  expect(Number(secret)).toBeNaN();
  expect(Object.keys({ [String(secret)]: 1 })).toEqual(['[secret]']);
});

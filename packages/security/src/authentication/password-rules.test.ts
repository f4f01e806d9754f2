import { Problem } from '@thingtalk/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPassword } from './password-rules.ts';

test.each([
  'password123',
  'P@ssw0rd2024!',
  'Passw0rd!!!!',
  'qwertyuiop',
  'QWERTZUIOP',
  '1q2w3e4r5t',
  '1qaz2wsx3edc',
  'poiuytrewq',
  '1234567890',
  '0987654321',
  '8305927164',
  'aaaaaaaaaaaa',
  'abcabcabcabc',
  'iloveyou2026',
  'letmein2024',
  'summer2026!!',
  'adminadmin1',
  'administrator',
  'changeme123',
  'homeassistant',
  'ThingTalk2026',
  'Liverpool2005',
  'michael19851985',
  'sunshine-rainbow',
  '2026-November!',
  'Grannysmith1',
])('%s is guessed first', (password) => {
  expect(() => checkPassword(password, 'grannysmith')).toThrow(Problem);
});

test.each([
  'vlaqhpt-9-orkney',
  'my dog eats two newspapers a day',
  'Tr0ubador&3xqz',
  'køkkenbordet står skævt',
  '我的密码是一首很长的诗歌',
  'lamp938475029384750193',
])('%s is taken', (password) => {
  expect(() => checkPassword(password, 'grannysmith')).not.toThrow();
});

test('a password has ten characters at least, counted as people count them', () => {
  expect(() => checkPassword('zq-8-wvxk', 'ann')).toThrow('fewer than 10');
  expect(() => checkPassword('🐙🦑🦀🐡🐠', 'ann')).toThrow('fewer than 10');
  expect(() => checkPassword(`${'zq8vxw'.repeat(50)}!`, 'ann')).toThrow('more than 256');
});

test('a refusal never holds the password', () => {
  void fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 6, maxLength: 400 }), (password) => {
      try {
        checkPassword(password, 'ann');
      } catch (cause) {
        expect(cause).toBeInstanceOf(Problem);
        expect(JSON.stringify(cause)).not.toContain(password);
      }
    }),
  );
});

import { hostname } from 'node:os';
import { answerTo } from '@thingtalk/application';
import { ThingId } from '@thingtalk/core';
import { expect, it } from 'vitest';
import { ownNames } from './own-names.ts';
import { completeSettings } from './settings/load-settings.ts';

const id = ThingId('urn:uuid:3c7cba21-e3ba-4f3f-9d5c-1d3cf31f1a77');
const settings = completeSettings({ httpNames: 'panel.example, gate.example' });

it('a gateway answers to its machine, its own name, its addresses and the names it was given', () => {
  const refuse = answerTo(ownNames(settings, id));
  const known = ['localhost:8080', '127.0.0.1', '[::1]:8080', '192.0.2.7', hostname()];
  const given = ['thingtalk-1d3cf31f1a77.local:80', 'panel.example', 'GATE.example:443'];
  for (const host of [...known, ...given]) expect(refuse(host), host).toBeUndefined();
});

it('a gateway answers to no name that somebody else bound to its address', () => {
  const refuse = answerTo(ownNames(settings, id));
  for (const host of ['evil.example', 'panel.example.evil', 'localhost.evil', '127.0.0.1.evil']) {
    expect(refuse(host)?.name, host).toBe('misdirected');
  }
});

import { expect, test } from 'vitest';
import { serviceName } from './service-names.ts';
import { readWotService } from './wot-service.ts';

const read = (txt: readonly string[], port = 8080, address = '10.0.0.7') =>
  readWotService({
    name: 'Lamp._wot._tcp.local',
    address,
    srv: { port, target: 'lamp.local' },
    txt: txt.map((entry) => Buffer.from(entry)),
  });

test.each([
  [['td=/td', 'type=Directory'], 'http://10.0.0.7:8080/td', 'Directory'],
  // "If omitted, the type is assumed to be Thing ... the scheme is assumed to be http" (6.3)
  [['td=/td'], 'http://10.0.0.7:8080/td', 'Thing'],
  [['td=/td', 'scheme=https'], 'https://10.0.0.7:8080/td', 'Thing'],
  [['TD=/td', 'Type=directory'], 'http://10.0.0.7:8080/td', 'Directory'],
  [['td=/first', 'td=/second'], 'http://10.0.0.7:8080/first', 'Thing'],
  [['td=/a=b?c=d'], 'http://10.0.0.7:8080/a=b?c=d', 'Thing'],
  [[], 'http://10.0.0.7:8080/.well-known/wot', 'Thing'],
  [['=', '', 'td', '\u0000\u00ff'], 'http://10.0.0.7:8080/.well-known/wot', 'Thing'],
])('TXT %j means %s, a %s (WoT Discovery 6.3)', (txt, href, type) => {
  const service = read(txt);
  expect([service?.url.href, service?.type]).toEqual([href, type]);
});

test.each([
  [['td=http://10.0.0.7/td']],
  [['td=td']],
  [['td=//elsewhere/td']],
  [['td=/\\elsewhere/td']],
  [['td=/td', 'scheme=coap+tcp']],
  [['td=/td', 'scheme=file']],
])('TXT %j leads nowhere that is fetched from', (txt) => {
  expect(read(txt)).toBeUndefined();
});

test('without a port, or from an address that is none, nothing is fetched', () => {
  expect(read(['td=/td'], 0)).toBeUndefined();
  expect(read(['td=/td'], 80, 'localhost')).toBeUndefined();
});

test.each([
  ['My house', 1, 'My house._wot._tcp.local'],
  ['My house', 3, 'My house (3)._wot._tcp.local'],
  ['nas.example.org', 1, 'nas example org._wot._tcp.local'],
  ['', 1, 'thingTalk._wot._tcp.local'],
])('%j is announced as attempt %i under %s', (title, attempt, name) => {
  expect(serviceName(title, attempt)).toBe(name);
});

test('a long title is cut between characters to what a DNS label holds', () => {
  const [label = ''] = serviceName('🏠'.repeat(40), 12).split('.');
  expect(Buffer.byteLength(label)).toBeLessThanOrEqual(63);
  expect(label).toMatch(/^🏠+ \(12\)$/u);
});

import { createHash } from 'node:crypto';
import type { RouteRequest } from '@thingtalk/core';
import { expect, test } from 'vitest';
import { fingerprintOf } from './certificate-pair.ts';
import { issueAuthority } from './issue.ts';
import { trustNotice } from './trust-notice.ts';
import { trustRoutes } from './trust-routes.ts';

const now = Date.UTC(2026, 10, 24);
const { certificate: authority } = await issueAuthority('<b>Pi & co</b>', {
  from: now,
  until: now + 1e12,
});

function answer(path: string) {
  const route = trustRoutes(authority).find((row) => row.path === path);
  const reply = route?.handle({} as RouteRequest);
  if (reply === undefined || reply instanceof Promise) throw new Error(`no answer at ${path}`);
  return { route, ...reply, text: String(reply.body) };
}

test('the page is for anybody, shows the fingerprint, and what the authority is called as text', () => {
  const { route, status, text } = answer('/trust');
  expect(status).toBe(200);
  expect(route?.admits).toBe('anybody');
  expect(text.replaceAll('<wbr>', '')).toContain(fingerprintOf(authority));
  expect(text).toContain('&#60;b&#62;Pi &#38; co&#60;/b&#62;');
});

test('the page has no script, and its policy allows its own style alone', () => {
  const { text, headers } = answer('/trust');
  expect(text).not.toMatch(/<script|javascript:| on\w+=| style=/i);
  const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(headers?.['content-security-policy']).toContain(`'sha256-${hash}'`);
  expect(headers?.['content-security-policy']).not.toContain('unsafe');
});

test('the certificate is what is downloaded, without any key', () => {
  const { text, headers } = answer('/ca.pem');
  expect(headers?.['content-type']).toBe('application/x-pem-file');
  expect(text).toBe(authority);
});

test('what is printed at the start holds the fingerprint and a QR code of the page', () => {
  const notice = trustNotice(authority, 'https://pi.local:8080/trust');
  expect(notice).toContain(fingerprintOf(authority));
  expect(notice).toMatch(/[█▀▄]{10}/);
});

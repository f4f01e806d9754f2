import { hash } from 'node:crypto';
import type { Problem, Right, RouteReply } from '@thingtalk/core';
import type { AuthorizationRequest } from './authorization-request.ts';

const style =
  'body{font:1rem/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'label{display:block;margin:1rem 0 .25rem}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}' +
  'button{font:inherit;padding:.5rem 1.5rem;margin:1.5rem .5rem 0 0}.wrong{color:#a00}' +
  '@media(prefers-color-scheme:dark){body{color:#ddd;background:#222}.wrong{color:#f88}}';
const styleHash = hash('sha256', style, 'base64');

const meanings: Readonly<Record<Right, string>> = {
  read: 'read values',
  write: 'change values',
  observe: 'follow values',
  invoke: 'carry out actions',
  subscribe: 'follow events',
  manage: 'manage Things, people and rights',
};

/**
 * The page where a person allows an app something, by name and password: no cookie speaks for them, so no other page can.
 *
 * @param wrong what was wrong with the last try.
 */
export function consentPage(request: AuthorizationRequest, wrong?: Problem): RouteReply {
  const status = wrong?.status ?? 200;
  const { app, redirectUri, state, challenge, rights } = request;
  const hidden = {
    response_type: 'code',
    client_id: app.id,
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    scope: rights.join(' '),
    ...(state !== undefined && { state }),
  };
  const name = escaped(app.name);
  const to = escaped(hostOf(redirectUri));
  const inputs = Object.entries(hidden).map(
    ([key, value]) => `<input type="hidden" name="${key}" value="${escaped(value)}">`,
  );
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Allow ${name}?</title><style>${style}</style></head><body>
<h1>Allow ${name}?</h1>
<p>It asks to act for you at this gateway, as far as you may yourself:</p>
<ul>${rights.map((right) => `<li>${meanings[right]}</li>`).join('')}</ul>
<p>You are then sent to <strong>${to}</strong>.</p>
${wrong === undefined ? '' : `<p class="wrong" role="alert">${escaped(wrong.detail)}</p>`}
<form method="post" action="/oauth/authorize">${inputs.join('')}
<label for="name">Name</label><input id="name" name="name" autocomplete="username" autofocus>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password">
<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>
</form></body></html>`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // With no-referrer a browser would call the origin of the form 'null'.
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      // Chromium holds what a form leads to against form-action as well: the address people are sent back to.
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self' ${sourceOf(redirectUri)}; frame-ancestors 'none'; base-uri 'none'`,
    },
    body,
  };
}

function hostOf(uri: string): string {
  const { host, protocol } = new URL(uri);
  return host === '' ? protocol : host;
}

function sourceOf(uri: string): string {
  const { origin, protocol } = new URL(uri);
  return origin === 'null' ? protocol : origin;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

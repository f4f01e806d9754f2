import type { Problem, Right, RouteReply } from '@thingtalk/core';
import { escaped, field, formPage } from '../../pages/form-page.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

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
  const to = escaped(hostOf(redirectUri));
  const inputs = Object.entries(hidden).map(
    ([key, value]) => `<input type="hidden" name="${key}" value="${escaped(value)}">`,
  );
  const content = `<p>It asks to act for you at this gateway, as far as you may yourself:</p>
<ul>${rights.map((right) => `<li>${meanings[right]}</li>`).join('')}</ul>
<p>You are then sent to <strong>${to}</strong>.</p>
<form method="post" action="/oauth/authorize">${inputs.join('')}
${field('name', 'Name', 'autocomplete="username" autofocus')}
${field('password', 'Password', 'type="password" autocomplete="current-password"')}
<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>
</form>`;
  // Chromium holds what a form leads to against form-action as well: the address people are sent back to.
  const leadsTo = sourceOf(redirectUri);
  return formPage({ title: `Allow ${app.name}?`, content, wrong, leadsTo });
}

function hostOf(uri: string): string {
  const { host, protocol } = new URL(uri);
  return host === '' ? protocol : host;
}

function sourceOf(uri: string): string {
  const { origin, protocol } = new URL(uri);
  return origin === 'null' ? protocol : origin;
}

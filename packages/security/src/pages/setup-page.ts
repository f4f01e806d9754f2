import type { Problem, RouteReply } from '@thingtalk/core';
import { escaped, field, formPage } from './form-page.ts';

/**
 * The page where the first administrator is made.
 *
 * @param filled what was filled in before: code and name are kept, passwords never come back.
 */
export function setupPage(
  wrong?: Problem,
  filled: Readonly<Record<string, string>> = {},
): RouteReply {
  const kept = (name: string) => `value="${escaped(filled[name] ?? '')}" required`;
  const content = `<p>This gateway has no administrator yet. Whoever can read what it has printed may become it.</p>
<form method="post" action="/setup/form">
${field('code', 'Set-up code', `${kept('code')} autocomplete="off" autocapitalize="off" spellcheck="false" autofocus`)}
<p class="hint">Printed where the gateway was started; good for 15 minutes and five tries, then there is a new one.</p>
${field('name', 'Name', `${kept('name')} autocomplete="username" maxlength="64"`)}
${field('password', 'Password', 'type="password" required minlength="10" autocomplete="new-password"')}
<p class="hint">At least ten characters.</p>
${field('repeated', 'Password again', 'type="password" required minlength="10" autocomplete="new-password"')}
<button>Set up</button>
</form>`;
  return formPage({ title: 'Set up this gateway', content, wrong });
}

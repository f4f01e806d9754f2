import type { Problem, RouteReply } from '@thingtalk/core';
import { field, formPage } from './form-page.ts';

/**
 * The page where people sign in, by name and password or by a guest link.
 *
 * @param wrong what was wrong with the last try.
 */
export function signInPage(wrong?: Problem): RouteReply {
  const content = `<form method="post" action="/login">
${field('name', 'Name', 'required autocomplete="username" autofocus')}
${field('password', 'Password', 'type="password" required autocomplete="current-password"')}
<button>Sign in</button>
</form>
<form method="post" action="/login">
${field('link', 'Or the text of a guest link', 'required autocomplete="off" autocapitalize="off" spellcheck="false"')}
<button>Come in as a guest</button>
</form>`;
  return formPage({ title: 'Sign in', content, wrong });
}

import type { PageNotice } from '@thingtalk/application';
import type { Access } from '@thingtalk/core';
import type { GatewaySecurity } from './open-security.ts';

/** Says on each page who looks at it, and what they can do about it; in a demo, that it is one. */
export function pageNotice(
  security: Pick<GatewaySecurity, 'setup'> | undefined,
): (access: Access) => PageNotice {
  return ({ principal }) => {
    if (security === undefined) {
      return { text: 'Demo without security: everybody on this machine may do everything.' };
    }
    if (security.setup.isOpen) {
      const link = { href: '/setup', text: 'Set it up' };
      return { text: 'This gateway has no administrator yet.', link };
    }
    if (principal.kind === 'anonymous') {
      return { text: 'You are not signed in.', link: { href: '/login', text: 'Sign in' } };
    }
    const button = { action: '/logout', text: 'Sign out' };
    return { text: `Signed in as ${principal.name}`, button };
  };
}

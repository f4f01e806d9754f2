import { isIP } from 'node:net';
import { Problem } from '@thingtalk/core';

/**
 * Answers to names that are known, and to every address: a page whose own name was bound anew to an address of ours says that name,
 * never the address.
 *
 * @param names without a port, as `gateway.local`; `localhost` is always among them.
 * @returns for `startHttpServer`: why a Host is not answered to; `undefined` when it is.
 */
export function answerTo(names: readonly string[]): (host: string) => Problem | undefined {
  const known = new Set(['localhost', ...names].map((name) => plain(name)));
  return (host) => {
    const name = plain(host.replace(/:\d{1,5}$/, ''));
    if (known.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return undefined;
    return new Problem(
      'misdirected',
      `this server is not called '${name}'; it answers to its addresses and to ${[...known].join(', ')}`,
    );
  };
}

/** A name is the same in any case, and with a dot at its end. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

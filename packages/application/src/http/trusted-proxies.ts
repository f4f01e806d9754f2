import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { Problem } from '@thingtalk/core';

/** What a trusted proxy says of a request that it hands on. */
export interface Forwarded {
  /** The address of whoever asks. */
  readonly address: string;
  /** Whether they use TLS; left out when it is not said. */
  readonly isSecure?: boolean;
  /** What they call the server; left out when it is not said. */
  readonly host?: string;
}

/** Where it stands among the headers of a request, which are the same for whoever looks at it. */
const said = Symbol('forwarded');

interface ToldHeaders extends IncomingHttpHeaders {
  [said]?: Forwarded;
}

/** What a trusted proxy said of a request with these headers; `undefined` where none did. */
export function forwardedIn(headers: ToldHeaders): Forwarded | undefined {
  return headers[said];
}

/** What one proxy says. */
interface Hop {
  readonly from: string | undefined;
  readonly scheme: string | undefined;
  readonly host: string | undefined;
}

/**
 * Knows how a request came that was handed on by proxies, for those that are trusted: what others write into such headers is
 * nobody's word.
 *
 * Each proxy adds the address that it saw at the end of a list. Read from there, the first that is no trusted proxy is the one
 * who asks; what stands before it may be made up.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239 | RFC 7239, Forwarded HTTP Extension}
 */
export class TrustedProxies {
  readonly #trusts: (address: string) => boolean;

  /** @param trusts whether an address is of a proxy that is trusted */
  constructor(trusts: (address: string) => boolean) {
    this.#trusts = trusts;
  }

  /**
   * Writes into the headers of a request what is said of it: for {@link forwardedIn}, and its host in the place of that of the proxy.
   *
   * @param peer the address of the other end of the socket
   * @throws {@link Problem} `bad-request`, as {@link read} does.
   */
  note(peer: string, headers: ToldHeaders): void {
    const forwarded = this.read(peer, headers);
    if (forwarded === undefined) return;
    headers[said] = forwarded;
    if (forwarded.host !== undefined) headers.host = forwarded.host;
  }

  /**
   * What is said of a request; `undefined` where it came from nobody who is trusted.
   *
   * @param peer the address of the other end of the socket
   * @throws {@link Problem} `bad-request` when it cannot be read, or is said in two ways: one of them went through the proxy untouched.
   */
  read(peer: string, headers: IncomingHttpHeaders): Forwarded | undefined {
    if (!this.#trusts(peer)) return undefined;
    let address = peer;
    let last: Hop | undefined;
    for (const hop of hopsOf(headers)) {
      last = hop;
      const from = hop.from === undefined ? undefined : addressIn(hop.from);
      if (from === undefined) break;
      address = from;
      if (!this.#trusts(from)) break;
    }
    const scheme = last?.scheme?.toLowerCase();
    return {
      address,
      ...((scheme === 'https' || scheme === 'http') && { isSecure: scheme === 'https' }),
      ...(last?.host !== undefined && { host: last.host }),
    };
  }
}

/** What each proxy says, the nearest first. */
function hopsOf(headers: IncomingHttpHeaders): readonly Hop[] {
  const forwarded = textOf(headers.forwarded);
  const lists = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'].map((name) =>
    listed(textOf(headers[name])),
  );
  const isOfLists = lists.some((list) => list.length > 0);
  if (forwarded === undefined) return isOfLists ? hopsOfLists(lists) : [];
  if (!isOfLists) return hopsOfForwarded(forwarded);
  throw new Problem(
    'bad-request',
    'both Forwarded and X-Forwarded-... came: the proxy has to take away the one that it does not write',
  );
}

function hopsOfLists([froms = [], schemes = [], hosts = []]: readonly string[][]): readonly Hop[] {
  const count = Math.max(froms.length, 1);
  return Array.from({ length: count }, (_, at) => ({
    from: froms.at(-1 - at),
    // Where a proxy replaces instead of adding, one stands for all.
    scheme: schemes.at(-1 - at) ?? schemes[0],
    host: hosts.at(-1 - at) ?? hosts[0],
  }));
}

/** A text whose quotes are closed. */
const closed = /^(?:"(?:[^"\\]|\\.)*"|[^"])*$/;
/** An element of the list: pairs, whose values may be quoted. */
const element = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
const pair = /([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^";,\s]*))/g;

function hopsOfForwarded(text: string): readonly Hop[] {
  // A quote that whoever asks leaves open would swallow what the proxy adds.
  if (!closed.test(text))
    throw new Problem('bad-request', 'Forwarded has a quote that is not closed');
  const hops = [...text.matchAll(element)].map(([each]) => {
    const pairs = new Map(
      [...each.matchAll(pair)].map(([, name = '', quoted, plain = '']) => [
        name.toLowerCase(),
        quoted?.replace(/\\(.)/g, '$1') ?? plain,
      ]),
    );
    return { from: pairs.get('for'), scheme: pairs.get('proto'), host: pairs.get('host') };
  });
  return hops.reverse();
}

/** The address in `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or `[2001:db8::1]:443`; `undefined` for what is none. */
function addressIn(text: string): string | undefined {
  const [, bracketed] = /^\[([^\]]+)\](?::\w+)?$/.exec(text) ?? [];
  const [, plain] = /^([\d.]+):\w+$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  return isIP(address) === 0 ? undefined : address;
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

function listed(text = ''): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

import { isIP } from 'node:net';
import { instanceOf } from './service-names.ts';

/** A service that says where a Thing Description is. */
export interface WotService {
  /** Full DNS-SD name. */
  readonly name: string;
  /** What it calls itself: its name without the kind. */
  readonly instance: string;
  /** Who announced it: the only address that it is fetched from. */
  readonly address: string;
  /** The name it gives itself, for TLS. */
  readonly host: string;
  /** Where the Thing Description is; its host is {@link address}. */
  readonly url: URL;
  readonly type: 'Thing' | 'Directory';
}

/** What a service announced, record by record. */
export interface ServiceRecords {
  readonly name: string;
  readonly address: string;
  readonly srv: { readonly port: number; readonly target: string };
  readonly txt: readonly Uint8Array[];
}

/** Where a Thing Description is when nothing is said (WoT Discovery, 6.2). */
const wellKnown = '/.well-known/wot';

/**
 * What a service means; `undefined` when nothing can be fetched there.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#introduction-dns-sd-txt-record | WoT Discovery, 6.3}
 */
export function readWotService({
  name,
  address,
  srv,
  txt,
}: ServiceRecords): WotService | undefined {
  const entries = readTxt(txt);
  const { port, target: host } = srv;
  const scheme = (entries.get('scheme') ?? 'http').toLowerCase();
  if ((scheme !== 'http' && scheme !== 'https') || isIP(address) !== 4 || !(port > 0)) return;
  const path = entries.get('td') ?? wellKnown;
  const base = `${scheme}://${address}:${port}`;
  const url = path.startsWith('/') ? URL.parse(path, base) : null;
  // `//elsewhere/td` would be another host.
  if (url === null || url.origin !== new URL(base).origin) return;
  const type = entries.get('type')?.toLowerCase() === 'directory' ? 'Directory' : 'Thing';
  return { name, instance: instanceOf(name), address, host, url, type };
}

/**
 * The entries of a TXT record by lower-case key; of one key the first counts.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6763#section-6.4 | RFC 6763, 6.4}
 */
function readTxt(txt: readonly Uint8Array[]): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const bytes of txt) {
    const text = Buffer.from(bytes).toString('utf8');
    const end = text.indexOf('=');
    const key = text.slice(0, end).toLowerCase();
    if (end > 0 && !entries.has(key)) entries.set(key, text.slice(end + 1));
  }
  return entries;
}

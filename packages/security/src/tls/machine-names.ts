import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** What a machine is called, as far as a certificate can say it. */
export interface Machine {
  readonly hostname: string;
  /** IPv4 and IPv6, its own loopback included. */
  readonly addresses: readonly string[];
}

/** The machine this runs on, as it is now. */
export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  return { hostname: hostname(), addresses };
}

const dnsName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*$/;

/** Whether `text` is a host name or an IP address, as it stands in a certificate. */
export function isCertificateName(text: string): boolean {
  return isIP(text) !== 0 || dnsName.test(text.toLowerCase());
}

/**
 * Everything a machine may be reached by: its name in full and in short, `<name>.local`, `localhost`, its addresses,
 * and `more`, lower-cased, sorted and each once.
 */
export function namesOf(machine: Machine, more: readonly string[] = []): readonly string[] {
  const full = machine.hostname.toLowerCase();
  const short = full.split('.', 1)[0] ?? full;
  const names = [
    ...['localhost', '127.0.0.1', '::1', full, short, `${short}.local`],
    ...[...machine.addresses, ...more].map(normal),
  ];
  return [...new Set(names)].filter(isCertificateName).sort();
}

/** Without the zone of a link-local address, which means something on this machine alone, and in one spelling. */
function normal(name: string): string {
  const bare = name.split('%', 1)[0]?.toLowerCase() ?? '';
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare;
}

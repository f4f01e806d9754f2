/** A DNS record of the kinds that service discovery is made of; told apart by `type`. */
export type DnsRecord = {
  readonly name: string;
  /** Seconds for which it holds; 0 takes it back. */
  readonly ttl: number;
  /** Whether it is the only one of its name and type (RFC 6762, 10.2). */
  readonly flush?: boolean;
} & (
  | { readonly type: 'PTR'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: { readonly port: number; readonly target: string } }
  | { readonly type: 'TXT'; readonly data: readonly Uint8Array[] }
  | { readonly type: 'A'; readonly data: string }
);

/** What is asked for. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: DnsRecord['type'] | 'ANY';
}

/** A multicast DNS message, as far as service discovery goes. */
export interface MdnsPacket {
  readonly type: 'query' | 'response';
  /** Of a query that a plain DNS resolver sent. */
  readonly id?: number;
  readonly questions?: readonly DnsQuestion[];
  readonly answers?: readonly DnsRecord[];
  readonly authorities?: readonly DnsRecord[];
  readonly additionals?: readonly DnsRecord[];
}

/** Who sent a packet. */
export interface Sender {
  readonly address: string;
  readonly port: number;
}

/** Everything a packet says, whatever section it stands in. */
export function recordsOf({ answers = [], additionals = [] }: MdnsPacket): readonly DnsRecord[] {
  return [...answers, ...additionals];
}

/** Whether two DNS names are one: their case does not count. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

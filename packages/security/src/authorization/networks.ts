import { BlockList, isIP } from 'node:net';

const bits = { 4: 32, 6: 128 } as const;

interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Whether a text is a network in CIDR notation, or one address. */
export function isNetwork(text: string): boolean {
  return networkOf(text) !== undefined;
}

/** A set of networks. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.7`) counts as IPv4 only. */
export class Networks {
  // One list for both would find every IPv4 address in ::/0.
  readonly #lists = { ipv4: new BlockList(), ipv6: new BlockList() } as const;
  readonly #everyIpv4 = new BlockList();

  /** @param networks in CIDR notation; what is none is left out. */
  constructor(networks: readonly string[]) {
    this.#everyIpv4.addSubnet('0.0.0.0', 0, 'ipv4');
    for (const text of networks) {
      const network = networkOf(text);
      if (network === undefined) continue;
      this.#lists[network.family].addSubnet(network.address, network.prefix, network.family);
    }
  }

  /** Whether an address is in one of them; `undefined` when it is no address. */
  has(address: string): boolean | undefined {
    // What stands behind the % names a network card of this machine.
    const plain = address.replace(/%.*$/, '');
    const version = isIP(plain);
    if (version === 0) return undefined;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    const list = this.#everyIpv4.check(plain, family) ? this.#lists.ipv4 : this.#lists.ipv6;
    return list.check(plain, family);
  }
}

function networkOf(text: string): Network | undefined {
  const [, address = '', length] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  // IPv4 inside IPv6 is written as IPv4.
  const version = /^::ffff:/i.test(address) ? 0 : isIP(address);
  if (version !== 4 && version !== 6) return undefined;
  const prefix = length === undefined ? bits[version] : Number(length);
  if (prefix > bits[version]) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

import type { Hear, MdnsLink, OpenLink } from './mdns-link.ts';
import type { DnsRecord, MdnsPacket, Sender } from './mdns-packet.ts';

/** A network in this process: everybody on it hears everybody, the sender too. */
export class TestingLan {
  readonly #hearers = new Set<Hear>();
  /** Everything that was sent, in order. */
  readonly sent: { readonly packet: MdnsPacket; readonly from: string; readonly to?: Sender }[] =
    [];

  /** Opens links for somebody; what comes from 127.0.0.1 and the like stays with him. */
  readonly openLink: OpenLink = async (address, hear) => {
    this.#hearers.add(hear);
    const from = { address, port: 5353 };
    const link: MdnsLink = {
      address,
      send: async (packet, to) => {
        this.sent.push({ packet, from: address, ...(to && { to }) });
        if (to === undefined) this.say(packet, from);
      },
      close: async () => void this.#hearers.delete(hear),
    };
    return link;
  };

  /** Says something as anybody. */
  say(packet: MdnsPacket, from: Sender): void {
    for (const hear of [...this.#hearers]) hear(packet, from);
  }
}

/** The records by which a service announces itself. */
export function announced(
  instance: string,
  options: {
    readonly port?: number;
    readonly ttl?: number;
    readonly txt?: readonly string[];
    readonly host?: string;
  } = {},
): MdnsPacket {
  const { port = 8080, ttl = 120, txt = ['td=/td'], host = 'device.local' } = options;
  const name = `${instance}._wot._tcp.local`;
  const answers: readonly DnsRecord[] = [
    { type: 'PTR', name: '_wot._tcp.local', ttl, data: name },
    { type: 'SRV', name, ttl, data: { port, target: host } },
    { type: 'TXT', name, ttl, data: txt.map((entry) => Buffer.from(entry)) },
  ];
  return { type: 'response', answers };
}

import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Logger } from '@thingtalk/core';
import type { QueryOutgoingPacket, ResponseOutgoingPacket } from 'multicast-dns';
import type { MdnsPacket, Sender } from './mdns-packet.ts';

/** Multicast DNS on one network of this machine. */
export interface MdnsLink {
  /** This machine's IPv4 address there. */
  readonly address: string;
  /** Sends to everybody, or to one who asked as a plain DNS resolver does. Never rejects: a network may be gone any time. */
  send(packet: MdnsPacket, to?: Sender): Promise<void>;
  close(): Promise<void>;
}

/** Told of each packet that comes in. */
export type Hear = (packet: MdnsPacket, from: Sender) => void;

/** Opens multicast DNS on the network in which this machine has `address`. @throws the system's error. */
export type OpenLink = (address: string, hear: Hear) => Promise<MdnsLink>;

/** How links are opened. */
export interface MdnsOptions {
  readonly logger: Logger;
  /** UDP port. Default 5353, the standard's. */
  readonly port?: number;
}

/** This machine's IPv4 addresses, one for each network. */
export function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => {
    const first = addresses.find(({ family }) => family === 'IPv4');
    return first === undefined ? [] : [first.address];
  });
}

/** Multicast DNS over UDP; what it takes is loaded with the first link. */
export function udpLinks({ logger, port = 5353 }: MdnsOptions): OpenLink {
  return async (address, hear) => {
    const { default: makeMdns } = await import('multicast-dns');
    // Bound to any address: a socket bound to one of them hears no multicast on Linux.
    const mdns = makeMdns({ interface: address, bind: '0.0.0.0', port });
    const ready = Promise.withResolvers<void>();
    const warn = (err: Error) => logger.debug({ err, address }, 'multicast DNS complained');
    mdns.once('ready', ready.resolve);
    mdns.on('error', (error) => {
      ready.reject(error);
      warn(error);
    });
    // A packet that cannot be read is such a warning.
    mdns.on('warning', warn);
    const isNear = neighbourhood(address);
    mdns.on('packet', (packet, from) => {
      if (!isNear(from.address)) return;
      try {
        hear(packet as unknown as MdnsPacket, from);
      } catch (err) {
        // Thrown into the socket it would end the process.
        logger.error({ err, from: from.address }, 'a multicast DNS packet was not understood');
      }
    });
    try {
      await ready.promise;
    } catch (error) {
      mdns.destroy();
      throw error;
    }
    return {
      address,
      async send(packet, to) {
        try {
          await new Promise<void>((resolve, reject) => {
            const done = (error?: Error | null) => (error ? reject(error) : resolve());
            if (packet.type === 'query') mdns.query(packet as QueryOutgoingPacket, done);
            else mdns.respond(packet as ResponseOutgoingPacket, to, done);
          });
        } catch (error) {
          warn(error as Error);
        }
      },
      close: () => new Promise((resolve) => mdns.destroy(() => resolve())),
    };
  };
}

/**
 * Tells who is on the same network, or this machine itself: others could reach the port only by unicast, and are not
 * to be believed.
 *
 * Linux gives every socket the packets of all networks; this also keeps each to its own.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6762#section-11 | RFC 6762, 11}
 */
function neighbourhood(address: string): (other: string) => boolean {
  const near = new BlockList();
  for (const own of Object.values(networkInterfaces()).flatMap((list = []) => list)) {
    if (own.family !== 'IPv4') continue;
    near.addAddress(own.address);
    const prefix = Number(own.cidr?.split('/')[1] ?? 32);
    if (own.address === address) near.addSubnet(address, prefix);
  }
  return (other) => near.check(other);
}

import type { Clock, Logger, Timer } from '@thingtalk/core';
import type { MdnsLink } from './mdns-link.ts';
import type { MdnsLinks } from './mdns-links.ts';
import {
  type DnsQuestion,
  type DnsRecord,
  isSameName,
  type MdnsPacket,
  recordsOf,
  type Sender,
} from './mdns-packet.ts';
import { directoryService, serviceKinds, serviceName, wotService } from './service-names.ts';

/** A directory that is to be found. */
export interface AnnouncedDirectory {
  /** What people shall read. */
  readonly title: string;
  /** A DNS name for this machine that is nobody else's, as `thingtalk-6f1c2a.local`. */
  readonly host: string;
  readonly port: number;
  /** Default `http`. */
  readonly scheme?: 'http' | 'https';
  /** Absolute path of its Thing Description. */
  readonly tdPath: string;
  /** The one IPv4 address it listens on; on that network alone it is announced. Default: every address of this machine. */
  readonly address?: string;
}

/** What an {@link Announcement} works with. */
export interface AnnouncementParts {
  readonly links: MdnsLinks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: AnnouncedDirectory;
  /** From 0 up to 1. Default: chance. */
  readonly random?: () => number;
}

/** Seconds for which what names a host holds, and the rest (RFC 6762, 10). */
const hostTtl = 120;
const otherTtl = 4_500;

/** The port of those who speak multicast DNS; others ask as plain resolvers do. */
const mdnsPort = 5353;

const probes = 3;
const probeMs = 250;

/** After so many names that were taken it is given up. */
const maxAttempts = 20;

type Stage = 'silent' | 'probing' | 'announced';

/**
 * Announces a Thing Description Directory by DNS-SD over multicast DNS, under a name that is nobody else's.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#introduction-dns-sd-sec | WoT Discovery, 6.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6762#section-8 | RFC 6762, 8}
 */
export class Announcement implements AsyncDisposable {
  readonly #with: AnnouncementParts;
  readonly #random: () => number;
  readonly #stop: () => void;
  /** Links over which an answer is about to go out: one for all who ask in that time. */
  readonly #answering = new Map<MdnsLink, Timer>();
  #attempt = 1;
  #stage: Stage = 'silent';
  #timer: Timer | undefined;

  constructor(parts: AnnouncementParts) {
    this.#with = parts;
    this.#random = parts.random ?? Math.random;
    this.#stop = parts.links.listen((packet, from, link) => this.#hear(packet, from, link));
  }

  /** The full name; another one after a conflict. */
  get name(): string {
    return serviceName(this.#with.directory.title, this.#attempt);
  }

  /** Whether others can find it by now. */
  get isAnnounced(): boolean {
    return this.#stage === 'announced';
  }

  /** Asks whether the name is taken; announces it about a second later. */
  start(): void {
    this.#stage = 'probing';
    this.#after(this.#random() * probeMs, () => this.#probe(1));
  }

  /** Says goodbye: those who know it forget it at once (RFC 6762, 10.1). */
  async [Symbol.asyncDispose](): Promise<void> {
    const wasKnown = this.isAnnounced;
    this.#stage = 'silent';
    this.#stop();
    this.#timer?.cancel();
    for (const timer of this.#answering.values()) timer.cancel();
    this.#answering.clear();
    if (wasKnown) await this.#say(0);
  }

  #probe(count: number): void {
    if (count > probes) {
      this.#announce();
      return;
    }
    const questions: DnsQuestion[] = [{ name: this.name, type: 'ANY' }];
    void this.#send(() => ({ type: 'query', questions, authorities: [this.#srv()] }));
    this.#after(probeMs, () => this.#probe(count + 1));
  }

  #announce(): void {
    const { logger, directory } = this.#with;
    this.#stage = 'announced';
    logger.info({ name: this.name, port: directory.port }, 'announced by DNS-SD');
    void this.#say();
    // Twice, for a packet may be lost (RFC 6762, 8.3).
    this.#after(1_000, () => void this.#say());
  }

  #hear(packet: MdnsPacket, from: Sender, link: MdnsLink): void {
    if (this.#stage === 'silent' || !this.#isReachedBy(link)) return;
    if (packet.type === 'response') {
      if (recordsOf(packet).some((record) => this.#isRival(record))) this.#yield();
      return;
    }
    // Two who probe for one name at once: the later in order has it (RFC 6762, 8.2).
    const rival = packet.authorities?.find((record) => this.#isRival(record));
    if (this.#stage === 'probing' && rival && comesAfter(rival, this.#srv())) this.#yield();
    if (this.isAnnounced && this.#isAsked(packet)) this.#answer(packet, from, link);
  }

  /** Takes the next name. */
  #yield(): void {
    const { logger } = this.#with;
    logger.info({ name: this.name }, 'another has this name; taking the next');
    if (++this.#attempt > maxAttempts) {
      this.#stage = 'silent';
      this.#timer?.cancel();
      logger.warn({ name: this.name }, 'every name is taken: not announced by DNS-SD');
      return;
    }
    this.start();
  }

  /** Whether a record claims our name for somebody else. */
  #isRival(record: DnsRecord): boolean {
    if (record.type !== 'SRV' || record.ttl === 0 || !isSameName(record.name, this.name))
      return false;
    const { host, port } = this.#with.directory;
    return record.data.port !== port || !isSameName(record.data.target, host);
  }

  #isAsked({ questions = [], answers = [] }: MdnsPacket): boolean {
    // Who asks says what is known already (RFC 6762, 7.1).
    const isKnown = answers.some(
      ({ type, data, ttl }) => type === 'PTR' && isSameName(data, this.name) && ttl >= otherTtl / 2,
    );
    return questions.some(({ name, type }) =>
      this.#records('').some(
        (record) =>
          isSameName(record.name, name) &&
          (type === 'ANY' || type === record.type) &&
          !(isKnown && record.type === 'PTR'),
      ),
    );
  }

  /** Whatever is asked of it, it says everything: that fits one packet. */
  #answer({ id = 0, questions = [] }: MdnsPacket, from: Sender, link: MdnsLink): void {
    if (from.port !== mdnsPort && id !== 0) {
      // A plain resolver wants its own question back, and nothing that lasts (RFC 6762, 6.7).
      const answers = this.#records(link.address, 10).map(({ flush, ...record }) => record);
      void link.send({ type: 'response', id, questions, answers }, from);
      return;
    }
    if (this.#answering.has(link)) return;
    const timer = this.#with.clock.after(20 + this.#random() * 100, () => {
      this.#answering.delete(link);
      void link.send({ type: 'response', answers: this.#records(link.address) });
    });
    this.#answering.set(link, timer);
  }

  #say(ttl?: number): Promise<void> {
    return this.#send(({ address }) => ({
      type: 'response',
      answers: this.#records(address, ttl),
    }));
  }

  async #send(packetFor: (link: MdnsLink) => MdnsPacket): Promise<void> {
    const links = this.#with.links.list().filter((link) => this.#isReachedBy(link));
    await Promise.all(links.map((link) => link.send(packetFor(link))));
  }

  /** What listens on the loopback address alone is announced to this machine alone. */
  #isReachedBy(link: MdnsLink): boolean {
    const { address = link.address } = this.#with.directory;
    return address === link.address || (isLoopback(address) && isLoopback(link.address));
  }

  /** @param network our address there, which is the one that reaches us. */
  #records(network: string, ttl?: number): readonly DnsRecord[] {
    const { name } = this;
    const { host, tdPath, scheme = 'http', address = network } = this.#with.directory;
    const pointer = (from: string, to: string): DnsRecord => ({
      type: 'PTR',
      name: from,
      ttl: ttl ?? otherTtl,
      data: to,
    });
    const entries = [`td=${tdPath}`, 'type=Directory'];
    if (scheme !== 'http') entries.push(`scheme=${scheme}`);
    const txt = entries.map((entry) => Buffer.from(entry));
    const srv = this.#srv();
    return [
      pointer(wotService, name),
      pointer(directoryService, name),
      // The kind is others' too: it is not taken back.
      ...(ttl === 0 ? [] : [pointer(serviceKinds, wotService)]),
      { ...srv, ttl: ttl ?? srv.ttl },
      { type: 'TXT', name, ttl: ttl ?? otherTtl, flush: true, data: txt },
      { type: 'A', name: host, ttl: ttl ?? hostTtl, flush: true, data: address },
    ];
  }

  #srv(): DnsRecord & { readonly type: 'SRV' } {
    const { host, port } = this.#with.directory;
    return {
      type: 'SRV',
      name: this.name,
      ttl: hostTtl,
      flush: true,
      data: { port, target: host },
    };
  }

  #after(ms: number, act: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#with.clock.after(ms, act);
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}

/** Whether one claim is lexicographically later than another. */
function comesAfter(one: DnsRecord, other: DnsRecord): boolean {
  if (one.type !== 'SRV' || other.type !== 'SRV') return false;
  if (one.data.port !== other.data.port) return one.data.port > other.data.port;
  return one.data.target.toLowerCase() > other.data.target.toLowerCase();
}

import type { Clock, Timer } from '@thingtalk/core';
import type { MdnsLinks } from './mdns-links.ts';
import {
  type DnsQuestion,
  type DnsRecord,
  isSameName,
  type MdnsPacket,
  recordsOf,
  type Sender,
} from './mdns-packet.ts';
import { wotService } from './service-names.ts';
import { readWotService, type WotService } from './wot-service.ts';

/** What a {@link ServiceBrowser} works with. */
export interface BrowserParts {
  readonly links: MdnsLinks;
  readonly clock: Clock;
  /** Told of each service when it is found, and when it says something else of itself. Default: nobody. */
  readonly onFound?: (service: WotService) => void;
}

/** Most services that are remembered, of one address and of all: a hostile host cannot fill the memory, nor crowd others out. */
export const serviceLimits = { perAddress: 32, total: 1_024 } as const;

/** Between questions, in milliseconds: they become rarer (RFC 6762, 5.2), but ask before what names a host runs out. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/** Longest that anything is believed without being said again, in seconds. */
const maxTtl = 4_500;

/** What is known of one announced name. */
interface Candidate {
  readonly name: string;
  readonly address: string;
  pointerUntil: number;
  srvUntil: number;
  srv: (DnsRecord & { readonly type: 'SRV' })['data'] | undefined;
  txt: readonly Uint8Array[] | undefined;
  service: WotService | undefined;
}

/**
 * Finds the services of the Web of Things on this machine's networks, and forgets those that leave.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6763#section-4 | RFC 6763, 4}
 */
export class ServiceBrowser implements Disposable {
  readonly #with: BrowserParts;
  readonly #stop: () => void;
  /** By lower-case name. */
  readonly #candidates = new Map<string, Candidate>();
  readonly #settled = Promise.withResolvers<void>();
  #timer: Timer | undefined;

  constructor(parts: BrowserParts) {
    this.#with = parts;
    this.#stop = parts.links.listen((packet, from) => this.#hear(packet, from));
  }

  /** Resolves when those who were there at the start have had time to answer. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** The services that are there now, in the order they were found. */
  services(): readonly WotService[] {
    this.#prune();
    return [...this.#candidates.values()].flatMap(({ service }) => service ?? []);
  }

  /** Asks who is there, now and again. */
  start(): void {
    this.#ask(firstPauseMs);
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#timer?.cancel();
    this.#settled.resolve();
  }

  #ask(pauseMs: number): void {
    const { links, clock } = this.#with;
    this.#prune();
    void links.refresh().then(() => links.send(query([{ name: wotService, type: 'PTR' }])));
    this.#timer = clock.after(pauseMs, () => {
      // The first pause is as long as answers take.
      this.#settled.resolve();
      this.#ask(Math.min(pauseMs * 2, longestPauseMs));
    });
  }

  #hear(packet: MdnsPacket, from: Sender): void {
    if (packet.type !== 'response') return;
    const records = recordsOf(packet);
    const touched = new Set<Candidate>();
    for (const record of records) {
      const name = record.type === 'PTR' ? pointedTo(record) : record.name;
      const candidate = name === undefined ? undefined : this.#candidate(name, record, from);
      if (candidate !== undefined && this.#take(candidate, record)) touched.add(candidate);
    }
    for (const candidate of touched) this.#judge(candidate);
  }

  /** Whoever announces a name first has it, until it leaves: others cannot speak for it. */
  #candidate(name: string, record: DnsRecord, { address }: Sender): Candidate | undefined {
    const key = name.toLowerCase();
    const known = this.#candidates.get(key);
    if (known !== undefined) return known.address === address ? known : undefined;
    if (record.type !== 'PTR' || record.ttl === 0 || !this.#hasRoomFor(address)) return undefined;
    const candidate: Candidate = {
      name,
      address,
      pointerUntil: 0,
      srvUntil: 0,
      srv: undefined,
      txt: undefined,
      service: undefined,
    };
    this.#candidates.set(key, candidate);
    return candidate;
  }

  /** Believes a record; false when it is of no use. */
  #take(candidate: Candidate, record: DnsRecord): boolean {
    const until = this.#with.clock.now() + Math.min(record.ttl, maxTtl) * 1_000;
    switch (record.type) {
      case 'PTR':
        candidate.pointerUntil = until;
        return true;
      case 'SRV':
        candidate.srv = record.data;
        candidate.srvUntil = until;
        return true;
      case 'TXT':
        candidate.txt = record.data;
        return true;
      case 'A':
        return false;
    }
  }

  /** Makes a service of what is known, or asks for what is missing. */
  #judge(candidate: Candidate): void {
    const { name, address, srv, txt } = candidate;
    const now = this.#with.clock.now();
    if (candidate.pointerUntil <= now || (srv && candidate.srvUntil <= now)) {
      this.#candidates.delete(name.toLowerCase());
      return;
    }
    if (srv === undefined || txt === undefined) {
      const types = [...(srv ? [] : ['SRV' as const]), ...(txt ? [] : ['TXT' as const])];
      void this.#with.links.send(query(types.map((type) => ({ name, type }))));
      return;
    }
    const before = candidate.service;
    const after = readWotService({ name, address, srv, txt });
    if (before?.url.href === after?.url.href && before?.type === after?.type) return;
    candidate.service = after;
    if (after !== undefined) this.#with.onFound?.(after);
  }

  #hasRoomFor(address: string): boolean {
    this.#prune();
    if (this.#candidates.size >= serviceLimits.total) return false;
    let count = 0;
    for (const candidate of this.#candidates.values()) {
      if (candidate.address === address) count++;
    }
    return count < serviceLimits.perAddress;
  }

  #prune(): void {
    const now = this.#with.clock.now();
    for (const [key, { pointerUntil, srv, srvUntil }] of this.#candidates) {
      const isHeard = pointerUntil > now && (srv === undefined || srvUntil > now);
      if (!isHeard) this.#candidates.delete(key);
    }
  }
}

function query(questions: readonly DnsQuestion[]): MdnsPacket {
  return { type: 'query', questions };
}

/** The service that a pointer names; `undefined` when it is another kind's. */
function pointedTo({ name, data }: DnsRecord & { readonly type: 'PTR' }): string | undefined {
  const isOurs = isSameName(name, wotService) && data.toLowerCase().endsWith(`.${wotService}`);
  return isOurs ? data : undefined;
}

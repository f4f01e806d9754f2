import type { Clock, Logger } from '@thingtalk/core';
import type { Network, NetworkThing } from '../discovery/network.ts';
import { type AnnouncedDirectory, Announcement } from './announcement.ts';
import { localAddresses, type OpenLink, udpLinks } from './mdns-link.ts';
import { MdnsLinks } from './mdns-links.ts';
import { ServiceBrowser } from './service-browser.ts';
import { ServiceThings } from './service-things.ts';
import type { WotService } from './wot-service.ts';

/** What a {@link DnsSd} works with. */
export interface DnsSdOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How networks are reached. Default: UDP, at the standard's port. */
  readonly openLink?: OpenLink;
  /** This machine's address on each network. Default: as the system says. */
  readonly addresses?: () => readonly string[];
  /** Told of each service that is found, or says something else. Default: nobody. */
  readonly onFound?: (service: WotService) => void;
}

/**
 * DNS-SD over multicast DNS, for one process: what others announce, and what it announces itself.
 *
 * Nothing is opened or loaded before {@link DnsSd.start}. Where there is no multicast, nothing is found and nothing fails.
 */
export class DnsSd implements Network, AsyncDisposable {
  readonly #with: DnsSdOptions;
  readonly #links: MdnsLinks;
  readonly #browser: ServiceBrowser;
  readonly #things: ServiceThings;
  #announcement: Announcement | undefined;
  #isClosed = false;

  constructor(options: DnsSdOptions) {
    const { logger, clock, onFound } = options;
    this.#with = options;
    this.#links = new MdnsLinks({
      logger,
      openLink: options.openLink ?? udpLinks({ logger }),
      addresses: options.addresses ?? localAddresses,
    });
    this.#browser = new ServiceBrowser({ links: this.#links, clock, ...(onFound && { onFound }) });
    this.#things = new ServiceThings({ clock, logger });
  }

  /** Begins to look for others. */
  start(): void {
    this.#browser.start();
  }

  /** Resolves when those who were there at the start have had time to answer. */
  get settled(): Promise<void> {
    return this.#browser.settled;
  }

  /** What others announce now. */
  services(): readonly WotService[] {
    const own = this.#announcement?.name.toLowerCase();
    return this.#browser.services().filter(({ name }) => name.toLowerCase() !== own);
  }

  /** Fetches what others announce; nobody is asked before. */
  async things(signal: AbortSignal): Promise<readonly NetworkThing[]> {
    await this.settled;
    return this.#things.of(this.services(), signal);
  }

  /** Announces a directory until this is disposed of. */
  async announce(directory: AnnouncedDirectory): Promise<void> {
    const { clock, logger } = this.#with;
    await this.#links.refresh();
    if (this.#isClosed) return;
    this.#announcement = new Announcement({ links: this.#links, clock, logger, directory });
    this.#announcement.start();
  }

  /** Says goodbye for what was announced, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#browser[Symbol.dispose]();
    await this.#announcement?.[Symbol.asyncDispose]();
    await this.#links[Symbol.asyncDispose]();
  }
}

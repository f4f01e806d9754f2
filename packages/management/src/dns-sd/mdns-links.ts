import type { Logger } from '@thingtalk/core';
import type { MdnsLink, OpenLink } from './mdns-link.ts';
import type { MdnsPacket, Sender } from './mdns-packet.ts';

/** Told of each packet, and over which link it came. */
export type LinkListener = (packet: MdnsPacket, from: Sender, link: MdnsLink) => void;

/** What {@link MdnsLinks} work with. */
export interface LinksParts {
  readonly openLink: OpenLink;
  /** On which networks, named by this machine's addresses there; asked again at each {@link MdnsLinks.refresh}. */
  readonly addresses: () => readonly string[];
  readonly logger: Logger;
}

/** Multicast DNS on several networks, which come and go. */
export class MdnsLinks implements AsyncDisposable {
  readonly #with: LinksParts;
  readonly #links = new Map<string, MdnsLink>();
  readonly #listeners = new Set<LinkListener>();
  #refreshing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: LinksParts) {
    this.#with = parts;
  }

  /** The networks that are open now. */
  list(): readonly MdnsLink[] {
    return [...this.#links.values()];
  }

  /** Calls `listener` for each packet; returns how to stop. */
  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Opens networks that have come, and closes those that are gone. One that cannot be opened is left out. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#refresh());
    return this.#refreshing;
  }

  /** Sends over every network. */
  async send(packet: MdnsPacket): Promise<void> {
    await Promise.all(this.list().map((link) => link.send(packet)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    await this.#refreshing;
    await Promise.all(this.list().map((link) => link.close()));
    this.#links.clear();
  }

  async #refresh(): Promise<void> {
    const wanted = this.#isClosed ? [] : this.#with.addresses();
    for (const [address, link] of this.#links) {
      if (wanted.includes(address) || this.#isClosed) continue;
      this.#links.delete(address);
      await link.close();
    }
    for (const address of wanted) await this.#open(address);
  }

  async #open(address: string): Promise<void> {
    if (this.#links.has(address) || this.#isClosed) return;
    const { openLink, logger } = this.#with;
    try {
      const link: MdnsLink = await openLink(address, (packet, from) => {
        for (const listener of this.#listeners) listener(packet, from, link);
      });
      this.#links.set(address, link);
    } catch (err) {
      logger.debug({ err, address }, 'no multicast DNS on this network');
    }
  }
}

import { isIPv4 } from 'node:net';
import type { Adapter, Clock, Logger, Route, ThingId } from '@thingtalk/core';
import { discoveryRoutes, type Network } from '@thingtalk/management';
import type { DnsSd } from '@thingtalk/management/dns-sd';
import { announcedHost, announcedTitle } from './announced-as.ts';
import type { Management } from './management.ts';
import { tlsModeOf } from './security/exposure.ts';
import type { GatewaySettings } from './settings/table.ts';

/** What the discovery of a gateway works with. */
export interface OpenDiscoveryParts {
  readonly settings: GatewaySettings;
  /** Without it nothing can be adopted, and nothing is offered. */
  readonly management: Management | undefined;
  readonly adapters: readonly Adapter[];
  /** Id of the gateway's own Thing. */
  readonly id: ThingId;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where a server listens. */
interface Listening {
  readonly host: string;
  readonly port: number;
}

/** How a gateway finds, and is found. Disposing of it says goodbye. */
export interface GatewayDiscovery extends AsyncDisposable {
  readonly routes: readonly Route[];
  /** Begins in the background, once `server` listens and the adapters have started. */
  begin(server: Listening): void;
}

/** Prepares discovery: what it takes on the network is neither loaded nor opened before it begins. */
export function openDiscovery(parts: OpenDiscoveryParts): GatewayDiscovery {
  const { settings, management, adapters, id, clock, logger } = parts;
  let dnsSd: Promise<DnsSd> | undefined;
  const network: Network = {
    things: async (signal) => (await dnsSd)?.things(signal) ?? [],
  };
  const discovery = management?.discover({ adapters, network, self: id });

  async function openNetwork(): Promise<DnsSd> {
    const { DnsSd } = await import('@thingtalk/management/dns-sd');
    const opened = new DnsSd({ clock, logger });
    opened.start();
    return opened;
  }

  async function begin({ host, port }: Listening): Promise<void> {
    await discovery?.releaseForgotten();
    if (settings.discovery === 'off') return;
    dnsSd = openNetwork();
    const opened = await dnsSd;
    const reach = announcedAt(host);
    if (reach === undefined) return;
    await opened.announce({
      title: announcedTitle(settings),
      host: announcedHost(id),
      scheme: tlsModeOf(settings) === 'off' ? 'http' : 'https',
      port,
      tdPath: '/.well-known/wot',
      ...reach,
    });
  }

  return {
    routes: discovery ? discoveryRoutes({ discovery }) : [],
    begin(server) {
      begin(server).catch((err) => logger.warn({ err }, 'discovery did not begin'));
    },
    async [Symbol.asyncDispose]() {
      discovery?.[Symbol.dispose]();
      await (await dnsSd)?.[Symbol.asyncDispose]();
    },
  };
}

/** Where a server that listens at `host` can be reached by IPv4, over which it is announced; `undefined` is nowhere. */
function announcedAt(host: string): { readonly address?: string } | undefined {
  if (host === '0.0.0.0' || host === '::') return {};
  if (host === 'localhost') return { address: '127.0.0.1' };
  return isIPv4(host) ? { address: host } : undefined;
}

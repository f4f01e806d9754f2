import { isIPv4 } from 'node:net';
import { hostname } from 'node:os';
import type { Adapter, Clock, Logger, Route, ThingId } from '@thingtalk/core';
import { DnsSd, discoveryRoutes } from '@thingtalk/management/discovery';
import type { Management } from './management.ts';
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

/** How a gateway finds, and is found. Disposing of it says goodbye. */
export interface GatewayDiscovery extends AsyncDisposable {
  readonly routes: readonly Route[];
  /** Begins in the background, once `server` listens and the adapters have started. */
  begin(server: { readonly host: string; readonly port: number }): void;
}

/** Prepares discovery: nothing is opened yet. */
export function openDiscovery(parts: OpenDiscoveryParts): GatewayDiscovery {
  const { settings, management, adapters, id, clock, logger } = parts;
  const dnsSd = settings.discovery === 'on' ? new DnsSd({ clock, logger }) : undefined;
  const discovery = management?.discover({ adapters, self: id, ...(dnsSd && { dnsSd }) });

  async function begin({ host, port }: { host: string; port: number }): Promise<void> {
    await discovery?.releaseForgotten();
    dnsSd?.start();
    const reach = announcedAt(host);
    if (reach === undefined) return;
    await dnsSd?.announce({
      title: settings.name || `thingTalk on ${hostname().split('.', 1)[0]}`,
      // Of its own, so that it never contradicts what the machine's own responder says of the machine.
      host: `thingtalk-${id.slice(-12)}.local`,
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
      await dnsSd?.[Symbol.asyncDispose]();
    },
  };
}

/** Where a server that listens at `host` can be reached by IPv4, over which it is announced; `undefined` is nowhere. */
function announcedAt(host: string): { readonly address?: string } | undefined {
  if (host === '0.0.0.0' || host === '::') return {};
  if (host === 'localhost') return { address: '127.0.0.1' };
  return isIPv4(host) ? { address: host } : undefined;
}

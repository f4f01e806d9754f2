import {
  type Clock,
  type Logger,
  Problem,
  silentLogger,
  systemClock,
  type ThingId,
  type Things,
} from '@thingtalk/core';
import type { ThingFeed } from '../feed/thing-feed.ts';
import type { Upgrade, UpgradeRoute } from '../http/upgrade.ts';
import { ActionStages } from './action-stages.ts';
import {
  type ChannelContext,
  channelMessage,
  channelSession,
  serverAlias,
} from './channel-session.ts';
import { ClientPool, type WebSocketStats } from './client-pool.ts';
import { Hub } from './hub.ts';
import { Pulse } from './outbox.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { defaultWebSocketLimits, type WebSocketLimits } from './settings.ts';
import { webThingProtocol, webThingProtocolSession } from './web-thing-protocol.ts';
import {
  createWebthingsEncoders,
  plainMessage,
  type WebthingsContext,
  webthingsSession,
} from './webthings-session.ts';
import { createWtpEncoders } from './wtp-notifications.ts';
import type { WtpContext } from './wtp-operations.ts';

/** What the WebSocket door is made of. */
export interface WebSocketOptions {
  readonly things: Things;
  /** Shared with the other doors. */
  readonly feed: ThingFeed;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly limits?: Partial<WebSocketLimits>;
  /** Id of the gateway's own Thing, which `/channel` knows as `urn:thingtalk:server`. */
  readonly gatewayId?: string;
  /** Where Things are in the webthings dialect, for the hrefs of actions. Default `/webthings`. */
  readonly webthingsMount?: string;
}

/** The WebSocket door. */
export interface WebSocketUpgrades extends AsyncDisposable {
  /** For the HTTP server. */
  readonly routes: readonly UpgradeRoute[];
  readonly stats: WebSocketStats;
  /** Says goodbye to all clients (1001), takes no new ones, and resolves when all are gone. */
  drain(): Promise<void>;
}

/**
 * Serves Things over WebSocket, in three dialects: the Web Thing Protocol on `/ws` and, by its subprotocol, on the
 * address of any Thing; the webthings dialect on the address of a Thing; the original's on `/channel`.
 */
export function websocketUpgrades(options: WebSocketOptions): WebSocketUpgrades {
  const { things, clock = systemClock, logger = silentLogger } = options;
  const limits = { ...defaultWebSocketLimits, ...options.limits };
  const hub = new Hub(options.feed, limits.subscriptions);
  const pool = new ClientPool({ pulse: new Pulse(), clock, logger, limits }, (connection) =>
    hub.leave(connection),
  );
  const drain = async () => {
    await pool.drain();
    hub[Symbol.dispose]();
  };
  return {
    routes: upgradeRoutes(pool, dialects(options, hub, clock), things),
    get stats() {
      return pool.stats;
    },
    drain,
    [Symbol.asyncDispose]: drain,
  };
}

interface Dialects {
  readonly wtp: WtpContext;
  readonly webthings: WebthingsContext;
  readonly channel: ChannelContext;
}

function dialects(options: WebSocketOptions, hub: Hub, clock: Clock): Dialects {
  const { things, feed, gatewayId, webthingsMount = '/webthings' } = options;
  const stages = new ActionStages();
  const encoders = (wrap: (thing: ThingId, messageType: string, data: string) => string) =>
    createWebthingsEncoders(wrap, stages, webthingsMount);
  return {
    wtp: { things, feed, hub, encoders: createWtpEncoders(feed.log), now: () => clock.now() },
    webthings: { things, hub, encoders: encoders(plainMessage) },
    channel: {
      things,
      hub,
      encoders: encoders(channelMessage),
      aliasEncoders: encoders((_, type, data) => channelMessage(serverAlias, type, data)),
      gatewayId,
    },
  };
}

function upgradeRoutes(
  pool: ClientPool,
  { wtp, webthings, channel }: Dialects,
  things: Things,
): readonly UpgradeRoute[] {
  const handleThing = (upgrade: Upgrade): void => {
    const { id = '' } = upgrade.params;
    const thing = things.find(id);
    if (thing === undefined) {
      refuseUpgrade(upgrade.socket, new Problem('thing-not-found', `'${id}' is not known here`));
      return;
    }
    const isWtp = offers(upgrade, webThingProtocol);
    pool.admit(upgrade, (connection) =>
      isWtp
        ? webThingProtocolSession(connection, wtp, thing.id)
        : webthingsSession(connection, webthings, thing),
    );
  };
  return [
    {
      path: '/ws',
      handle: (upgrade) =>
        pool.admit(upgrade, (each) => webThingProtocolSession(each, wtp, undefined)),
    },
    {
      path: '/channel',
      handle: (upgrade) => pool.admit(upgrade, (each) => channelSession(each, channel)),
    },
    { path: '/things/:id', handle: handleThing },
    { path: '/webthings/:id', handle: handleThing },
  ];
}

function offers({ request }: Upgrade, protocol: string): boolean {
  const offered = request.headers['sec-websocket-protocol']?.split(',') ?? [];
  return offered.some((name) => name.trim() === protocol);
}

import {
  type Access,
  type Audit,
  type Clock,
  type Guard,
  type Logger,
  noAudit,
  openGuard,
  Problem,
  silentLogger,
  systemClock,
  type ThingId,
  type Things,
} from '@thingtalk/core';
import { ThingViews } from '../access/reader-views.ts';
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
import { defaultWebSocketLimits, type WebSocketLimits } from './settings.ts';
import { SocketAdmission } from './socket-admission.ts';
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
  /** Says who wants to open a socket. Default: everybody may do everything. */
  readonly guard?: Guard;
  /** Where it is written down who did what, and who was refused what. Default: nowhere. */
  readonly audit?: Audit;
  /** Path of what says who gives out tokens for this server (RFC 9728). Default: nothing does. */
  readonly resourceMetadata?: string;
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
  const { things, feed, clock = systemClock, logger = silentLogger } = options;
  const { guard = openGuard, audit = noAudit } = options;
  const limits = { ...defaultWebSocketLimits, ...options.limits };
  const hub = new Hub({ things, feed, limit: limits.subscriptions });
  const pool = new ClientPool(
    { pulse: new Pulse(), clock, logger, limits, audit },
    {
      onChange: (connection) => hub.review(connection),
      onLeave: (connection) => hub.leave(connection),
    },
  );
  const views = new ThingViews(things);
  const admission = new SocketAdmission({
    ...{ guard, audit, logger, resourceMetadata: options.resourceMetadata },
  });
  const drain = async () => {
    await pool.drain();
    hub[Symbol.dispose]();
  };
  return {
    routes: upgradeRoutes({ pool, admission, views }, dialects(options, { hub, views, clock })),
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

/** What all dialects share. */
interface DialectParts {
  readonly hub: Hub;
  readonly views: ThingViews;
  readonly clock: Clock;
}

function dialects(options: WebSocketOptions, { hub, views, clock }: DialectParts): Dialects {
  const { feed, gatewayId, webthingsMount = '/webthings' } = options;
  const stages = new ActionStages();
  const encoders = (wrap: (thing: ThingId, messageType: string, data: string) => string) =>
    createWebthingsEncoders(wrap, stages, webthingsMount);
  return {
    wtp: { views, feed, hub, encoders: createWtpEncoders(feed.log), now: () => clock.now() },
    webthings: { views, hub, encoders: encoders(plainMessage) },
    channel: {
      views,
      hub,
      encoders: encoders(channelMessage),
      aliasEncoders: encoders((_, type, data) => channelMessage(serverAlias, type, data)),
      gatewayId,
    },
  };
}

interface Entrance {
  readonly pool: ClientPool;
  readonly admission: SocketAdmission;
  readonly views: ThingViews;
}

function upgradeRoutes(
  { pool, admission, views }: Entrance,
  { wtp, webthings, channel }: Dialects,
): readonly UpgradeRoute[] {
  const enterThing = (upgrade: Upgrade, access: Access): void => {
    const { id = '' } = upgrade.params;
    const thing = views.for({ access }).find(id);
    if (thing === undefined) throw new Problem('thing-not-found', `'${id}' is not known here`);
    const isWtp = offers(upgrade, webThingProtocol);
    pool.admit(upgrade, access, (connection) =>
      isWtp
        ? webThingProtocolSession(connection, wtp, thing.id)
        : webthingsSession(connection, webthings, thing),
    );
  };
  const route = (
    path: string,
    enter: (upgrade: Upgrade, access: Access) => void,
  ): UpgradeRoute => ({
    path,
    handle: (upgrade) => admission.admit(upgrade, (access) => enter(upgrade, access)),
  });
  return [
    route('/ws', (upgrade, access) =>
      pool.admit(upgrade, access, (each) => webThingProtocolSession(each, wtp, undefined)),
    ),
    route('/channel', (upgrade, access) =>
      pool.admit(upgrade, access, (each) => channelSession(each, channel)),
    ),
    route('/things/:id', enterThing),
    route('/webthings/:id', enterThing),
  ];
}

function offers({ request }: Upgrade, protocol: string): boolean {
  const offered = request.headers['sec-websocket-protocol']?.split(',') ?? [];
  return offered.some((name) => name.trim() === protocol);
}

import {
  type ApiSecurity,
  answerTo,
  documentRoutes,
  type HttpServer,
  type HttpServerOptions,
  httpForms,
  mqttChannels,
  mqttForms,
  NorthboundTopics,
  type PageNotice,
  securityAtBroker,
  startHttpServer,
  type TdSecurity,
  ThingFeed,
  thingRoutes,
  websocketChannels,
  websocketForms,
  websocketUpgrades,
  webthingsRoutes,
} from '@thingtalk/application';
import type {
  Access,
  Clock,
  Logger,
  Route,
  ThingId,
  ThingRegistry,
  Things,
  Topics,
} from '@thingtalk/core';
import { Networks } from '@thingtalk/security';
import { type HealthParts, healthRoute } from './health.ts';
import { metricsRoute } from './metrics/metrics-route.ts';
import { Tally } from './metrics/tally.ts';
import type { GatewayTls } from './open-tls.ts';
import { listed, ownNames } from './own-names.ts';
import { portTaken } from './port-taken.ts';
import type { GatewaySettings } from './settings/table.ts';
import type { Shutdown } from './shutdown.ts';
import type { Wire } from './wire.ts';

/** What the HTTP server of a gateway is made of. */
export interface HttpParts {
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly things: Things;
  readonly topics: Topics;
  readonly wire: Wire;
  /** Without it HTTP is plain. */
  readonly tls: GatewayTls | undefined;
  /** Id of the gateway's own Thing. */
  readonly id: ThingId;
  readonly version: string;
  /** Where Thing Descriptions are registered; left out where nothing is kept. */
  readonly registry: ThingRegistry | undefined;
  readonly health: HealthParts;
  /** Rows of the program that starts the gateway. */
  readonly routes: readonly Route[];
  /** Who may come in, and what Thing Descriptions say of it. */
  readonly doors: HttpDoors;
  /** What pages say to whoever looks at them. */
  readonly noticeFor: (access: Access) => PageNotice | undefined;
}

/** Who may come in to the HTTP server. Default: everybody, by the names and from the origins of the settings. */
export interface HttpDoors
  extends Pick<
    HttpServerOptions,
    'guard' | 'audit' | 'refuseHost' | 'origins' | 'resourceMetadata'
  > {
  /** What a client must show, as Thing Descriptions say it. Default: nothing. */
  readonly security?: TdSecurity;
  /** The same as OpenAPI says it. Default: nothing. */
  readonly api?: ApiSecurity;
}

/** Opens the HTTP server: the rows of every service, the upgrades to WebSocket, health and metrics. */
export async function openHttp(parts: HttpParts, shutdown: Shutdown): Promise<HttpServer> {
  const { settings, clock, logger, things, topics, wire, tls, id, version } = parts;
  const { security, api, ...doors } = parts.doors;
  const tally = new Tally();
  shutdown.add(
    'tally',
    things.watch('all', (note) => tally.countNote(note)),
  );

  const feed = new ThingFeed(things, clock);
  const sockets = websocketUpgrades({
    ...{ things, feed, clock, logger, gatewayId: id },
    limits: { clientsOfOne: settings.limitsSockets },
    ...(doors.guard && { guard: doors.guard }),
    ...(doors.audit && { audit: doors.audit }),
    ...(doors.resourceMetadata && { resourceMetadata: doors.resourceMetadata }),
  });
  const w3c = thingRoutes({
    things,
    feed,
    clock,
    forms: [
      httpForms,
      mqttForms({
        brokerOf: wire.brokerOf,
        topics: new NorthboundTopics(topics),
        security: securityAtBroker(security),
      }),
      websocketForms,
    ],
    introduced: () => things.find(id),
    ...(parts.registry && { registry: parts.registry }),
    ...(security && { security }),
  });
  const webthings = webthingsRoutes({ things, feed, ...(security && { security }) });
  shutdown.add('streams', () => {
    w3c[Symbol.dispose]();
    webthings[Symbol.dispose]();
    feed[Symbol.dispose]();
  });

  const routes = documentRoutes({
    info: {
      title: 'thingTalk',
      version,
      description:
        'Every device here is a W3C Web Thing: read it, write it, watch it, over HTTP, WebSocket and MQTT.',
    },
    things,
    routes: [
      ...w3c.routes,
      ...webthings.routes,
      ...parts.routes,
      ...(tls?.routes ?? []),
      healthRoute(parts.health),
      metricsRoute({ tally, things, version, sockets: () => sockets.stats.clients }),
    ],
    channels: [...websocketChannels, ...mqttChannels],
    brokerOf: wire.brokerOf,
    security: api,
    noticeFor: parts.noticeFor,
  });
  const { httpHost: host, httpPort: port } = settings;
  const server = await portTaken(
    { httpPort: port },
    startHttpServer({
      host,
      port,
      clock,
      logger,
      routes,
      refuseHost: answerTo(ownNames(settings, id)),
      origins: listed(settings.httpOrigins),
      trusts: trusted(settings),
      ...doors,
      ...(tls && { tls: tls.http, strictTransport: tls.isStrict }),
      upgrades: [...sockets.routes, ...wire.upgrades],
      onResponse: (route, status, ms) => tally.countRequest(route, status, ms),
    }),
  );
  shutdown.add('http', () => server.drain());
  shutdown.add('websocket', () => sockets.drain());
  return server;
}

/** Whether an address is of a trusted proxy; `undefined` where there are none. */
function trusted({ httpTrustedProxies }: GatewaySettings): HttpServerOptions['trusts'] {
  if (httpTrustedProxies === '') return undefined;
  const networks = new Networks(listed(httpTrustedProxies));
  return (address) => networks.has(address) === true;
}

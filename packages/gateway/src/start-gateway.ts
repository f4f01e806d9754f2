import { startNorthboundMqtt } from '@thingtalk/application';
import {
  type Clock,
  type Logger,
  openThings,
  Servient,
  systemClock,
  type ThingId,
  Topics,
} from '@thingtalk/core';
import { ajvSchemas } from '@thingtalk/core/validate';
import type { Gateway, GatewayParts } from './gateway.ts';
import { gatewayThing } from './gateway-thing.ts';
import type { HealthParts } from './health.ts';
import { loadIdentity } from './identity.ts';
import { createLogger } from './logger.ts';
import { Management } from './management.ts';
import { openDiscovery } from './open-discovery.ts';
import { openHttp } from './open-http.ts';
import { openStorage } from './open-storage.ts';
import { openTls } from './open-tls.ts';
import { checkExposure } from './security/exposure.ts';
import { FirstBoot } from './security/first-boot.ts';
import { openSecurity } from './security/open-security.ts';
import { pageNotice } from './security/page-notice.ts';
import { completeSettings } from './settings/load-settings.ts';
import type { GatewaySettings } from './settings/table.ts';
import { Shutdown } from './shutdown.ts';
import { startAdapters } from './start-adapters.ts';
import { readVersion } from './version.ts';
import { openWire } from './wire.ts';

/**
 * Starts a gateway: broker, twins, every door, adapters. It only composes; each part is built by its own package.
 *
 * @throws {@link SettingsError} with all that is wrong in the settings, or which port is taken;
 * {@link Problem} `thing-unreachable` when an outside broker cannot be reached.
 */
export async function startGateway(
  settings: Partial<GatewaySettings> = {},
  parts: GatewayParts = {},
): Promise<Gateway> {
  const complete = completeSettings(settings);
  checkExposure(complete);
  const logger = parts.logger ?? createLogger(complete.logLevel);
  const clock = parts.clock ?? systemClock;
  const shutdown = new Shutdown({ clock, logger, stepMs: complete.drainMs });
  try {
    return await compose(complete, { ...parts, clock, logger }, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

type Parts = GatewayParts & { readonly clock: Clock; readonly logger: Logger };

/** In the order in which each needs the ones before; what is opened is ended in the opposite order. */
async function compose(
  wanted: GatewaySettings,
  parts: Parts,
  shutdown: Shutdown,
): Promise<Gateway> {
  const { clock, logger } = parts;
  const startedAt = clock.now();
  const version = readVersion();
  const { id } = await loadIdentity(wanted.data);

  const storage = await openStorage({ settings: wanted, clock, logger });
  if (storage !== undefined) shutdown.add('storage', () => storage[Symbol.asyncDispose]());

  const chosen = parts.security ?? {};
  const opening = Promise.withResolvers<void>();
  const { promise: opened } = opening;
  const security =
    wanted.security === 'on' && storage !== undefined
      ? await openSecurity({
          settings: wanted,
          store: storage.store,
          clock,
          logger,
          chosen,
          opened,
        })
      : undefined;
  if (security !== undefined) shutdown.add('security', () => security[Symbol.asyncDispose]());
  const firstBoot = new FirstBoot({ settings: wanted, security, logger });
  shutdown.add('first boot', () => firstBoot[Symbol.dispose]());
  const { settings } = firstBoot;

  const tls = await openTls({ settings, id, sealer: security?.sealer, clock, logger });
  if (tls !== undefined) shutdown.add('tls', () => tls[Symbol.dispose]());

  const topics = new Topics(settings.topicsPrefix);
  const guarded = security && {
    guard: security.authentication.guard,
    audit: security.audit,
  };
  // A Thing that is back at once must not be written over by what was stored of it, nor anybody miss that.
  const { promise: opens, resolve: admit } = Promise.withResolvers<void>();
  const wire = await openWire({ settings, topics, tls, security: guarded, opens, clock, logger });
  shutdown.add('broker', () => wire.drain());

  const shared = { bus: wire.bus, schemas: ajvSchemas(), clock, logger };
  // An outside broker keeps what it was told to keep; ours begins with nothing.
  const { keep } = wire;
  const busName = keep ? id : `${wire.url}/${settings.topicsPrefix}`;
  const { drainMs } = settings;
  const kept = storage && { ...shared, store: storage.store, topics, busName, keep, drainMs };
  const management = kept && (await Management.open(kept));
  const twins = await openThings({
    ...shared,
    topics,
    ...{ keep, acknowledges: true },
    deadlineMs: settings.thingsDeadlineMs,
    ...(storage && { journal: storage.journal }),
    ...(management && { ignores: (thing: ThingId) => management.ignores(thing) }),
  });
  shutdown.add('twins', () => twins[Symbol.asyncDispose]());
  const { things } = twins;
  const registry = await management?.manage(things);
  if (registry !== undefined) security?.knows(registry);
  if (management !== undefined) {
    shutdown.add('management', () => management[Symbol.asyncDispose]());
  }

  const { memory } = twins;
  const servient = new Servient({ ...shared, topics, memory });
  shutdown.add('own things', () => servient.drain());
  // What it says of itself holds for this boot alone.
  const ego = new Servient({ ...shared, topics });
  shutdown.add('own thing', () => ego.drain());
  const self = await ego.expose(gatewayThing({ id, version, startedAt, things }));
  for (const definition of parts.expose ?? []) await servient.expose(definition);

  const northbound = await startNorthboundMqtt({ ...shared, things, topics, keep });
  admit();
  shutdown.add('northbound mqtt', () => northbound[Symbol.asyncDispose]());

  // Adapters end before the doors on the bus, but begin once the gateway can be asked: a radio may take its time.
  const adapters = parts.adapters ?? [];
  for (const adapter of adapters) shutdown.add(`adapter ${adapter.name}`, () => adapter.drain());
  const isDraining = () => shutdown.hasBegun;
  const health: HealthParts = {
    ...{ bus: wire.bus, storage: storage?.journal, things, adapters, isDraining },
    security: wanted.security,
  };
  const discovery = openDiscovery({ settings, management, adapters, id, clock, logger });
  const { brokerOf } = wire;
  const own = security?.routes({ topics, brokerOf }) ?? [];
  const routes = [...(parts.routes ?? []), ...discovery.routes, ...own];
  const doors = { ...security?.doors, ...parts.doors };
  const noticeFor = pageNotice(security);
  const shown = {
    ...{ things, topics, wire, tls, id, version },
    ...{ health, routes, registry, doors, noticeFor },
  };
  const http = await openHttp({ settings, clock, logger, ...shown }, shutdown);
  shutdown.add('discovery', () => discovery[Symbol.asyncDispose]());
  await startAdapters(adapters, { ...shared, topicPrefix: settings.topicsPrefix, memory });
  const trust = tls?.trustAt(http.base);
  const authority = trust && { authority: trust.fingerprint };
  logger.info(
    { id, ...authority, http: http.base, mqtt: wire.url, things: things.count },
    'gateway serves',
  );
  const isSetUp = !firstBoot.isWaiting;
  const setUp = firstBoot.begin(http, wire).finally(opening.resolve);
  void setUp.then(
    () => discovery.begin(http),
    () => {},
  );
  setUp.catch((err) => logger.error({ err }, 'it cannot serve as its settings say'));

  const drain = () => {
    if (!shutdown.hasBegun) self.report('state', 'draining');
    return shutdown.run();
  };
  return {
    id,
    settings: wanted,
    get httpUrl() {
      return http.base;
    },
    get mqttUrl() {
      return wire.url;
    },
    get trust() {
      return tls?.trustAt(http.base);
    },
    ...{ isSetUp, setUp, security, things },
    expose: (definition) => servient.expose(definition),
    drain,
    [Symbol.asyncDispose]: drain,
  };
}

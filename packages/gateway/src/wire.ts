import { addressOf, besideHttp, type UpgradeRoute } from '@thingtalk/application';
import type { Broker } from '@thingtalk/broker';
import type { Audit, Bus, Clock, Logger, Topics } from '@thingtalk/core';
import type { SecurityGuard } from '@thingtalk/security';
import { brokerGuard } from './broker-guard.ts';
import type { GatewayTls } from './open-tls.ts';
import { portTaken } from './port-taken.ts';
import { isLoopback } from './settings/kinds.ts';
import type { GatewaySettings } from './settings/table.ts';

/** The broker a gateway meets its Things on, and its own bus there. */
export interface Wire {
  readonly bus: Bus;
  /** Gives the broker something to keep before it admits anybody; `undefined` where it is not ours, and keeps things itself. */
  readonly keep: Broker['keep'] | undefined;
  /** Where Things connect: `mqtt://127.0.0.1:1883`, or the URL of the outside broker. */
  readonly url: string;
  /** Where WoT clients find it that reached HTTP at `base`; nowhere when they cannot speak to it. */
  readonly brokerOf: (base: string) => string | undefined;
  /** MQTT over WebSocket, for the HTTP server; none where the broker is not ours. */
  readonly upgrades: readonly UpgradeRoute[];
  /** Takes MQTT over TLS at another address from now on; nothing where the broker is not ours. */
  moveTo(host: string): Promise<void>;
  /** Ends it in good order. */
  drain(): Promise<void>;
}

/** What a {@link Wire} works with. */
export interface WireParts {
  readonly settings: GatewaySettings;
  readonly topics: Topics;
  /** Without it MQTT is plain. */
  readonly tls: GatewayTls | undefined;
  /** Who says who comes, and where it is written down. Default: everybody may do everything. */
  readonly security?:
    | { readonly guard: Pick<SecurityGuard, 'identifyMqtt'>; readonly audit: Audit }
    | undefined;
  /** When clients of the embedded broker are served: those that come before wait. */
  readonly opens: Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the embedded broker, or connects to the one in the settings. Only the one that is wanted is loaded. */
export function openWire(parts: WireParts): Promise<Wire> {
  return parts.settings.broker === '' ? embedBroker(parts) : connectBroker(parts);
}

async function embedBroker(parts: WireParts): Promise<Wire> {
  const { settings, topics, tls, security, opens, clock, logger } = parts;
  const { startBroker } = await import('@thingtalk/broker');
  const { mqttHost, mqttPort, mqttTlsPort, limitsMqttConnections } = settings;
  // Where there is TLS, plain MQTT does not leave the machine.
  const host = tls === undefined || isLoopback(mqttHost) ? mqttHost : '127.0.0.1';
  const secure = tls && { host: mqttHost, port: mqttTlsPort, tls: tls.mqtt };
  const broker = await portTaken(
    { mqttPort, ...(tls && { mqttTlsPort }) },
    startBroker({
      ...{ host, port: mqttPort, topics, opens, clock, logger },
      limits: { connectionsPerSecond: limitsMqttConnections },
      handshakeAddress: addressOf,
      ...(secure && { secure }),
      ...(security && {
        guard: brokerGuard({ guard: security.guard, topics }),
        audit: security.audit,
      }),
    }),
  );
  const { securePort } = broker;
  return {
    bus: broker.bus,
    keep: broker.keep,
    get url() {
      return broker.secureUrl ?? broker.url;
    },
    brokerOf:
      securePort === undefined ? besideHttp(broker.mqttPort) : besideHttp(securePort, 'mqtts'),
    upgrades: [{ path: '/mqtt', handle: (upgrade) => broker.handleUpgrade(upgrade) }],
    moveTo: (other) => broker.moveTo(other),
    drain: () => broker.drain(),
  };
}

/** How long the gateway tries to reach a broker at its start, and after how long it says that it does. */
const [giveUpAfterMs, warnAfterMs] = [30_000, 5_000];

async function connectBroker({ settings, clock, logger }: WireParts): Promise<Wire> {
  const { MqttBus } = await import('@thingtalk/core/mqtt');
  const { url, username, password } = takeCredentials(settings.broker);
  const until = new Date(clock.now() + giveUpAfterMs).toISOString();
  using _warning = clock.after(warnAfterMs, () => {
    logger.warn({ broker: url, until }, 'the broker does not answer yet: the gateway keeps trying');
  });
  const bus = await MqttBus.connect(url, {
    clock,
    giveUpAfterMs,
    ...(username !== '' && { username, password }),
    onError: (err, topic) => logger.error({ err, topic }, 'the bus failed on a message'),
  });
  bus.onStatus((status) => logger.info({ broker: url, status }, 'broker'));
  const isPlainMqtt = url.startsWith('mqtt:') || url.startsWith('mqtts:');
  return {
    bus,
    keep: undefined,
    url,
    brokerOf: () => (isPlainMqtt ? url : undefined),
    upgrades: [],
    moveTo: async () => {},
    drain: () => bus.drain(),
  };
}

/** Takes user and password out of a URL, so that they are shown neither in a log nor in a Thing Description. */
function takeCredentials(text: string) {
  const url = new URL(text);
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  return { url: url.href.replace(/\/$/, ''), username, password };
}

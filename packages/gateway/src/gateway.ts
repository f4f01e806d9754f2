import type {
  Adapter,
  Clock,
  ExposedThing,
  Logger,
  Route,
  ThingDefinition,
  ThingId,
  Things,
} from '@thingtalk/core';
import type { HttpDoors } from './open-http.ts';
import type { GatewaySecurity, SecurityParts } from './security/open-security.ts';
import type { GatewaySettings } from './settings/table.ts';

/** What a program may hand to a gateway besides its settings. */
export interface GatewayParts {
  /** Southbound bridges; the gateway starts and drains them. Default none. */
  readonly adapters?: readonly Adapter[];
  /** Things served by the gateway's own process. Default none. */
  readonly expose?: readonly ThingDefinition[];
  /** More rows for the HTTP server, as a page of one's own. Default none. */
  readonly routes?: readonly Route[];
  /** Who may come in to the HTTP server. Default: as its security says; in a demo everybody. */
  readonly doors?: HttpDoors;
  /** What is otherwise about its security. */
  readonly security?: SecurityParts;
  /** Default: the machine's own. */
  readonly clock?: Clock;
  /** Default: pino, JSON lines on the error output, at the level of the settings. */
  readonly logger?: Logger;
}

/** How people come to trust a gateway that has a certificate authority of its own. */
export interface GatewayTrust {
  /** SHA-256, as `A1:B2:...`, of the authority's certificate. */
  readonly fingerprint: string;
  /** The page that walks them through it: `https://192.0.2.7:8080/trust`. */
  readonly page: string;
  /** All of it for a terminal, with a QR code. */
  readonly notice: string;
}

/** A gateway that serves. Disposing of it is draining it. */
export interface Gateway extends AsyncDisposable {
  /** Id of its own Thing: a stored `urn:uuid:`. */
  readonly id: ThingId;
  readonly settings: GatewaySettings;
  /** `http://127.0.0.1:8080`, or `https:` with TLS. */
  readonly httpUrl: string;
  /** Where Things connect: `mqtt://127.0.0.1:1883`, `mqtts:` with TLS, or the URL of an outside broker. */
  readonly mqttUrl: string;
  /** What people need to trust its certificate authority; `undefined` where it has none. */
  readonly trust: GatewayTrust | undefined;
  /** Whether it was set up when it started. */
  readonly isSetUp: boolean;
  /** Resolves when it is set up and serves as its settings say; until then it serves its own machine alone. */
  readonly setUp: Promise<void>;
  /** Who comes in and what they may do; `undefined` in a demo. */
  readonly security: GatewaySecurity | undefined;
  /** The Things it knows. */
  readonly things: Things;
  /** Serves one more Thing from this process. */
  expose<T>(definition: ThingDefinition<T>): Promise<ExposedThing<T>>;
  /**
   * Ends in good order: clients are told goodbye, Things go offline, the broker closes last.
   * Each part has `settings.drainMs` for it.
   */
  drain(): Promise<void>;
}

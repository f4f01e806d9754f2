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
import type { GatewaySettings } from './settings/table.ts';

/** What a program may hand to a gateway besides its settings. */
export interface GatewayParts {
  /** Southbound bridges; the gateway starts and drains them. Default none. */
  readonly adapters?: readonly Adapter[];
  /** Things served by the gateway's own process. Default none. */
  readonly expose?: readonly ThingDefinition[];
  /** More rows for the HTTP server, as a page of one's own. Default none. */
  readonly routes?: readonly Route[];
  /** Default: the machine's own. */
  readonly clock?: Clock;
  /** Default: pino, JSON lines on the error output, at the level of the settings. */
  readonly logger?: Logger;
}

/** A gateway that serves. Disposing of it is draining it. */
export interface Gateway extends AsyncDisposable {
  /** Id of its own Thing: a stored `urn:uuid:`. */
  readonly id: ThingId;
  readonly settings: GatewaySettings;
  /** `http://127.0.0.1:8080` */
  readonly httpUrl: string;
  /** Where Things connect: `mqtt://127.0.0.1:1883`, or the URL of an outside broker. */
  readonly mqttUrl: string;
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

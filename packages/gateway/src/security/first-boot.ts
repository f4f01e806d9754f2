import type { Logger } from '@thingtalk/core';
import type { GatewaySettings } from '../settings/table.ts';
import type { GatewaySecurity } from './open-security.ts';

/** The address that every gateway serves until somebody administers it. */
export const setupHost = '127.0.0.1';

/** What listens, and can be told to listen elsewhere. */
interface Movable {
  moveTo(host: string): Promise<void>;
}

/** What a {@link FirstBoot} works with. */
export interface FirstBootParts {
  readonly settings: GatewaySettings;
  readonly security: GatewaySecurity | undefined;
  readonly logger: Logger;
}

/** Keeps a gateway to its own machine until it has an administrator, whatever its settings say; then opens it as they say. */
export class FirstBoot implements Disposable {
  readonly #settings: GatewaySettings;
  readonly #security: GatewaySecurity | undefined;
  readonly #logger: Logger;
  #unwatch = () => {};

  constructor({ settings, security, logger }: FirstBootParts) {
    this.#settings = settings;
    this.#security = security;
    this.#logger = logger;
  }

  /** Whether the gateway waits for its administrator. */
  get isWaiting(): boolean {
    return this.#security?.setup.isOpen ?? false;
  }

  /** The settings by which the doors are opened now. */
  get settings(): GatewaySettings {
    if (!this.isWaiting) return this.#settings;
    return { ...this.#settings, httpHost: setupHost, mqttHost: setupHost };
  }

  /**
   * Shows the set-up code, and moves the doors to where the settings have them once the gateway is set up.
   *
   * @returns resolves when they are there; at once when it was set up before.
   */
  begin(http: Movable, mqtt: Movable): Promise<void> {
    const { httpHost, mqttHost } = this.#settings;
    const security = this.#security;
    if (security === undefined || !security.setup.isOpen) return Promise.resolve();
    const detail = 'not set up yet: it serves this machine alone, whatever the settings say';
    this.#logger.warn({ setup: '/setup' }, detail);
    security.setup.start();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#unwatch = security.authentication.door.people.onChange(() => {
      this.#unwatch();
      resolve();
    });
    return promise.then(async () => {
      await Promise.all([http.moveTo(httpHost), mqtt.moveTo(mqttHost)]);
      this.#logger.info(
        { http: httpHost, mqtt: mqttHost },
        'set up: it serves as its settings say',
      );
    });
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }
}

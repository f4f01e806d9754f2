import type { Clock } from '../ports/clock.ts';
import type { MqttVersion } from './mqtt-link.ts';

/** What an `MqttBus` may be told. */
export interface MqttBusOptions {
  /** Default: `thingtalk-` and a random part. Sessions add a part of their own. */
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM certificates to trust in place of the system's, for `mqtts:` and `wss:`. */
  readonly ca?: string;
  /** PEM certificate of this client, with {@link key}. */
  readonly cert?: string;
  readonly key?: string;
  /** Default: 5, and 3.1.1 (4) for brokers that refuse it. */
  readonly version?: MqttVersion;
  /** Default 15. */
  readonly keepaliveSeconds?: number;
  /** How long one attempt to connect may take. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long `MqttBus.connect` tries before it gives up. Default 30,000; later it never gives up. */
  readonly giveUpAfterMs?: number;
  /** First and longest pause between attempts; each is a random part of a bound that doubles. Default 100 and 10,000. */
  readonly retryMs?: { readonly first: number; readonly longest: number };
  /** How much may wait for the broker. Default 1 MiB. */
  readonly maxWaitingBytes?: number;
  readonly clock?: Clock;
  /** Told of what a listener throws, and of subscriptions that are refused after reconnecting. Default: the console. */
  readonly onError?: (error: unknown, topic: string) => void;
}

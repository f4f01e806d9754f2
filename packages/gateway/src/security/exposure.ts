import { isLoopback } from '../settings/kinds.ts';
import { type SettingMistake, SettingsError } from '../settings/settings-error.ts';
import type { GatewaySettings } from '../settings/table.ts';

/** What HTTP, WebSocket and MQTT are encrypted by. */
export type TlsMode = Exclude<GatewaySettings['tlsMode'], 'auto'>;

/** What a gateway of these settings is encrypted by. */
export function tlsModeOf({ tlsMode, security }: GatewaySettings): TlsMode {
  if (tlsMode !== 'auto') return tlsMode;
  return security === 'on' ? 'own' : 'off';
}

/**
 * Sees to it that nobody serves a network by mistake: a demo serves this machine alone, and nothing leaves it in the clear.
 *
 * @throws {@link SettingsError} naming each setting that would.
 */
export function checkExposure(settings: GatewaySettings): void {
  const { security, httpHost, mqttHost, database } = settings;
  const hosts = [
    ['--http-host', httpHost],
    ['--mqtt-host', mqttHost],
  ] as const;
  const why = whyLoopback(settings);
  const mistakes: SettingMistake[] = hosts.flatMap(([place, host]) =>
    why === undefined || isLoopback(host)
      ? []
      : [{ place, detail: `'${host}' is not a loopback address: ${why}` }],
  );
  if (security === 'on' && database === 'none') {
    const detail = 'with security it cannot be none: people and what they may do have to be kept';
    mistakes.push({ place: '--database', detail });
  }
  if (mistakes.length > 0) throw new SettingsError(mistakes);
}

/** Why a gateway of these settings serves its own machine alone; `undefined` when it need not. */
function whyLoopback(settings: GatewaySettings): string | undefined {
  if (settings.security === 'demo')
    return 'a demo has no security, so it serves this machine alone; --security on serves others';
  if (tlsModeOf(settings) === 'off')
    return 'without TLS it serves this machine alone; --tls-mode own serves others';
  return undefined;
}

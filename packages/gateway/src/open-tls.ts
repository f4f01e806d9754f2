import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Clock, Logger, Route, ThingId } from '@thingtalk/core';
import type { DoorTls, Sealer, ServerCertificates } from '@thingtalk/security';
import { announcedHost, announcedTitle } from './announced-as.ts';
import type { GatewayTrust } from './gateway.ts';
import { tlsModeOf } from './security/exposure.ts';
import { SettingsError } from './settings/settings-error.ts';
import type { GatewaySettings } from './settings/table.ts';

/** The directory in the data directory for what proves who a gateway is. */
export const tlsDirectory = 'tls';

/** TLS for every door of a gateway. Disposing of it ends the watch over its certificates. */
export interface GatewayTls extends Disposable {
  readonly http: DoorTls;
  readonly mqtt: DoorTls;
  /** Whether browsers may be told to insist on it: others vouch for the certificate, so nobody is locked out. */
  readonly isStrict: boolean;
  /** The page that walks people through trusting its authority; none where others vouch for it. */
  readonly routes: readonly Route[];
  /** What people need to trust a gateway that serves at `base`. */
  trustAt(base: string): GatewayTrust | undefined;
}

/** What {@link openTls} works with. */
export interface TlsParts {
  readonly settings: GatewaySettings;
  /** Id of the gateway's own Thing. */
  readonly id: ThingId;
  /** What keys are sealed with at rest. Default: they stand in files for their owner alone. */
  readonly sealer?: Sealer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens what the settings name: an authority of its own, given files, or no TLS at all.
 *
 * @throws {@link SettingsError} what is wrong with the files.
 */
export async function openTls(parts: TlsParts): Promise<GatewayTls | undefined> {
  const { settings, clock } = parts;
  checkFiles(settings);
  if (tlsModeOf(settings) === 'off') return undefined;
  const { CertificateError, DoorTls, fingerprintOf, trustNotice, trustRoutes } = await import(
    '@thingtalk/security'
  );
  const certificates = await openCertificates(parts).catch((error: unknown) => {
    if (!(error instanceof CertificateError)) throw error;
    const place = settings.tlsMode === 'files' ? '--tls-certificate' : '--data';
    throw new SettingsError([{ place, detail: error.message }]);
  });
  const { authority } = certificates;
  const limits = { perSecond: settings.limitsHandshakes };
  return {
    http: new DoorTls(certificates, { clock, limits }),
    mqtt: new DoorTls(certificates, { clock, limits, tls12: settings.mqttTls12 === 'on' }),
    isStrict: authority === undefined,
    routes: authority === undefined ? [] : trustRoutes(authority),
    trustAt(base) {
      if (authority === undefined) return undefined;
      const page = `${reachable(base)}/trust`;
      return { fingerprint: fingerprintOf(authority), page, notice: trustNotice(authority, page) };
    },
    [Symbol.dispose]: () => certificates[Symbol.dispose](),
  };
}

async function openCertificates(parts: TlsParts): Promise<ServerCertificates> {
  const { settings, id, sealer, clock, logger } = parts;
  const { GivenCertificates, keyFiles, namesOf, OwnCertificates, sealedKeyFiles, thisMachine } =
    await import('@thingtalk/security');
  if (settings.tlsMode === 'files') {
    const { tlsCertificate: certificateFile, tlsKey: keyFile } = settings;
    return GivenCertificates.open({ certificateFile, keyFile, clock, logger });
  }
  const more = [announcedHost(id), ...settings.tlsNames.split(',').map((name) => name.trim())];
  const files = keyFiles(join(settings.data, tlsDirectory));
  return OwnCertificates.open({
    files: sealer === undefined ? files : sealedKeyFiles(files, sealer),
    // Two gateways of one name are told apart where they are trusted.
    title: `${announcedTitle(settings)} (${id.slice(-6)})`,
    names: () => namesOf(thisMachine(), more),
    clock,
    logger,
  });
}

/** Half of a setting is a mistake, and must not mean less security than was meant. */
function checkFiles({ tlsMode, tlsCertificate, tlsKey }: GatewaySettings): void {
  const files = [
    ['--tls-certificate', tlsCertificate],
    ['--tls-key', tlsKey],
  ] as const;
  const mistakes = files.flatMap(([place, file]) => {
    if (tlsMode === 'files' && file === '') {
      return [{ place, detail: 'it is needed with --tls-mode files' }];
    }
    if (tlsMode !== 'files' && file !== '') {
      return [{ place, detail: `it is used with --tls-mode files alone, not with ${tlsMode}` }];
    }
    return [];
  });
  if (mistakes.length > 0) throw new SettingsError(mistakes);
}

/** The same server by an address that a phone on the network reaches too, where it listens on all of them. */
function reachable(base: string): string {
  const url = new URL(base);
  const address = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find((one) => !one.internal && isIP(one.address) === 4)?.address;
  return url.hostname === 'localhost' && address !== undefined
    ? `${url.protocol}//${address}:${url.port}`
    : base;
}

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CliError } from './cli-error.ts';

/**
 * Has every connection of this process trust what `file` (PEM) vouches for, besides what the machine trusts: that of
 * `fetch` and WebSocket, and of MQTT.
 *
 * @returns the text of the file.
 * @throws {@link CliError} when it holds no certificate.
 */
export function trustAuthority(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    trustCertificates(text);
    return text;
  } catch (error) {
    const reason = (error as Error).message;
    throw new CliError('usage', `${file} cannot be trusted: ${reason}`, { cause: error });
  }
}

/**
 * Has every connection of this process trust what certificates in a text (PEM) vouch for.
 *
 * @throws `Error` when there are none.
 */
export function trustCertificates(text: string): void {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (certificates === null) throw new Error('it holds no certificate');
  for (const certificate of certificates) new X509Certificate(certificate);
  setDefaultCACertificates([...getCACertificates('default'), ...certificates]);
}

import { X509Certificate } from 'node:crypto';

/** A certificate, after it those that vouch for it, and its private key; all PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate or key that cannot be used; the message names the file and says why, in one line. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;

/** Splits PEM text into its certificates and its first private key. */
export function readPem(text: string): {
  certificates: readonly string[];
  key: string | undefined;
} {
  const certificates: string[] = [];
  let key: string | undefined;
  for (const [pem, label = ''] of text.matchAll(block)) {
    if (label === 'CERTIFICATE') certificates.push(pem);
    else if (label.endsWith('PRIVATE KEY')) key ??= pem;
  }
  return { certificates, key };
}

/** From when until when a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Reads the {@link Validity} of a certificate. */
export function validityOf(certificate: X509Certificate): Validity {
  return { from: certificate.validFromDate.getTime(), until: certificate.validToDate.getTime() };
}

/** The SHA-256 fingerprint of a certificate, as browsers and phones show it: `A1:B2:...`. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificateError, type CertificatePair, readPem, validityOf } from './certificate-pair.ts';

/** What {@link checkPair} looks at: the texts of two files, and what to call them. */
export interface PairFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificateText: string;
  readonly keyText: string;
  /** The present, in milliseconds since 1970. */
  readonly now: number;
}

/**
 * Takes a certificate and key that somebody gave, once they fit: the key belongs to the first certificate, the time is
 * right, and each further certificate vouches for the one before it (RFC 8446, 4.4.2).
 *
 * @throws {@link CertificateError} the first thing that is wrong.
 */
export function checkPair(files: PairFiles): CertificatePair {
  const { certificateFile, keyFile, now } = files;
  const chain = readChain(files);
  const [own] = chain;
  if (own === undefined) throw new CertificateError(`${certificateFile} holds no certificate`);
  const key = readKey(files);
  if (!own.checkPrivateKey(key)) {
    throw new CertificateError(`the key in ${keyFile} does not belong to ${certificateFile}`);
  }
  checkTime(own, certificateFile, now);
  checkOrder(chain, certificateFile);
  return {
    certificate: chain.map((certificate) => certificate.toString()).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function readChain({ certificateFile, certificateText }: PairFiles): readonly X509Certificate[] {
  try {
    return readPem(certificateText).certificates.map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw new CertificateError(`${certificateFile} holds a certificate that cannot be read`, {
      cause,
    });
  }
}

function readKey({ keyFile, keyText }: PairFiles): KeyObject {
  const { key } = readPem(keyText);
  if (key === undefined) throw new CertificateError(`${keyFile} holds no private key`);
  if (key.includes('ENCRYPTED')) {
    throw new CertificateError(`the key in ${keyFile} is encrypted: give one without a passphrase`);
  }
  try {
    return createPrivateKey(key);
  } catch (cause) {
    throw new CertificateError(`the key in ${keyFile} cannot be read`, { cause });
  }
}

function checkTime(certificate: X509Certificate, file: string, now: number): void {
  const { from, until } = validityOf(certificate);
  if (now >= until) {
    throw new CertificateError(`the certificate in ${file} expired on ${day(until)}`);
  }
  if (now < from) {
    throw new CertificateError(`the certificate in ${file} is valid only from ${day(from)} on`);
  }
}

function checkOrder(chain: readonly X509Certificate[], file: string): void {
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1];
    if (issuer !== undefined && !certificate.checkIssued(issuer)) {
      throw new CertificateError(
        `the certificates in ${file} are out of order: number ${at + 2} did not issue number ${at + 1}`,
      );
    }
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

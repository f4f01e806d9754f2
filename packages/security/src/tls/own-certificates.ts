import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type Clock, type Logger, silentLogger, systemClock, type Timer } from '@thingtalk/core';
import {
  CertificateError,
  type CertificatePair,
  readPem,
  type Validity,
  validityOf,
} from './certificate-pair.ts';
import { issueAuthority, issueServerCertificate } from './issue.ts';
import type { KeyFiles } from './key-files.ts';
import { namesOf, thisMachine } from './machine-names.ts';
import { CurrentPair, type ServerCertificates } from './server-certificates.ts';

const dayMs = 86_400_000;

/** How long an authority is valid. */
const authorityMs = 3_652 * dayMs;

/** How long a server certificate is valid; browsers take none beyond 398 days. */
const serverMs = 90 * dayMs;

/** Other clocks may be behind ours by this much. */
const skewMs = dayMs;

/** How often names, addresses and the time are looked at. The clock may jump: no timer is set for a date. */
const checkMs = 60_000;

/** A clock that shows less was never set: a board without a battery begins in 1970. */
const earliest = Date.UTC(2026, 0, 1);

/** The files of {@link OwnCertificates}. Key and certificate stand in one, so that they are always a pair. */
export const ownFiles = {
  authority: 'authority.pem',
  server: 'server.pem',
  public: 'ca.pem',
} as const;

/** What {@link OwnCertificates} works with. */
export interface OwnCertificatesOptions {
  readonly files: KeyFiles;
  /** What people see the authority called. */
  readonly title: string;
  /** What the machine is reached by now: host names and IP addresses. Default: its own names and addresses. */
  readonly names?: () => readonly string[];
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Certificates by an authority of one's own. It is made once and lasts ten years; what it issues lasts 90 days, and is
 * renewed after 60, or when the machine gets a name or address that the certificate lacks.
 */
export class OwnCertificates implements ServerCertificates {
  readonly authority: string;
  readonly #options: Required<OwnCertificatesOptions>;
  readonly #authority: CertificatePair;
  readonly #current: CurrentPair;
  #timer: Timer | undefined;
  #ended = false;

  /**
   * Reads what is kept, or makes it at the first start.
   *
   * @throws {@link CertificateError} when the authority's file is damaged: a new one would have to be trusted anew, so that is for people to decide.
   */
  static async open(options: OwnCertificatesOptions): Promise<OwnCertificates> {
    const complete = {
      names: () => namesOf(thisMachine()),
      clock: systemClock,
      logger: silentLogger,
      ...options,
    };
    const authority = await openAuthority(complete);
    // Whatever is wrong with what was served last: it is replaced.
    const text = await complete.files.read(ownFiles.server).catch(() => undefined);
    const kept = readKept(text, authority);
    const pair = kept ?? (await issue(complete, authority, complete.names()));
    return new OwnCertificates(complete, authority, pair);
  }

  private constructor(
    options: Required<OwnCertificatesOptions>,
    authority: CertificatePair,
    pair: CertificatePair,
  ) {
    this.#options = options;
    this.#authority = authority;
    this.authority = authority.certificate;
    this.#current = new CurrentPair(pair);
    void this.#check();
  }

  get current(): CertificatePair {
    return this.#current.pair;
  }

  onChange(listener: (pair: CertificatePair) => void): () => void {
    return this.#current.onChange(listener);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  /** Issues a new certificate when there is a reason to, and looks again after a while. */
  async #check(): Promise<void> {
    const { clock, logger, names } = this.#options;
    try {
      const wanted = names();
      const reason = whyRenew(this.#authority, this.current, wanted, clock.now());
      if (reason !== undefined) await this.#renew(wanted, reason);
    } catch (err) {
      logger.error({ err }, 'the certificate could not be renewed');
    }
    if (!this.#ended) this.#timer = clock.after(checkMs, () => void this.#check());
  }

  async #renew(names: readonly string[], reason: string): Promise<void> {
    const pair = await issue(this.#options, this.#authority, names);
    if (this.#ended) return;
    this.#options.logger.info({ names, reason }, 'the certificate is renewed');
    this.#current.set(pair);
  }
}

async function openAuthority(options: Required<OwnCertificatesOptions>): Promise<CertificatePair> {
  const { files, title, clock, logger } = options;
  const text = await files.read(ownFiles.authority);
  if (text === undefined) {
    const from = Math.max(clock.now(), earliest) - skewMs;
    const pair = await issueAuthority(title, { from, until: from + authorityMs });
    await files.write(ownFiles.authority, pair.key + pair.certificate);
    await files.write(ownFiles.public, pair.certificate);
    return pair;
  }
  const pair = readBundle(text);
  if (pair === undefined) {
    throw new CertificateError(
      `${ownFiles.authority} is damaged: restore it, or move it away to begin with an authority that everybody has to trust anew`,
    );
  }
  const { until } = validityOf(new X509Certificate(pair.certificate));
  const days = Math.floor((until - clock.now()) / dayMs);
  if (days < 365) {
    logger.warn(
      { days },
      `the certificate authority ends soon: move ${ownFiles.authority} away to begin with a new one`,
    );
  }
  return pair;
}

/** The certificate that was served last, when it can still be used by this authority. */
function readKept(
  text: string | undefined,
  authority: CertificatePair,
): CertificatePair | undefined {
  const kept = text === undefined ? undefined : readBundle(text);
  if (kept === undefined) return undefined;
  const issuer = new X509Certificate(authority.certificate);
  return new X509Certificate(kept.certificate).verify(issuer.publicKey) ? kept : undefined;
}

function readBundle(text: string): CertificatePair | undefined {
  const { certificates, key } = readPem(text);
  const [certificate] = certificates;
  if (certificate === undefined || key === undefined) return undefined;
  try {
    // Whatever is damaged is damaged here, not in the first handshake.
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
      ? { certificate: `${certificate}\n`, key: `${key}\n` }
      : undefined;
  } catch {
    return undefined;
  }
}

async function issue(
  { files, clock }: Required<OwnCertificatesOptions>,
  authority: CertificatePair,
  names: readonly string[],
): Promise<CertificatePair> {
  const validity = validityAt(authority, clock.now());
  const pair = await issueServerCertificate(authority, { names, validity });
  await files.write(ownFiles.server, pair.key + pair.certificate);
  return pair;
}

/** How long a certificate may say it is valid when it is issued now: no longer than its authority (RFC 5280, 6.1). */
function validityAt(authority: CertificatePair, now: number): Validity {
  const bounds = validityOf(new X509Certificate(authority.certificate));
  const from = Math.max(now - skewMs, bounds.from);
  return { from, until: Math.min(from + serverMs, bounds.until) };
}

/** Why a certificate is to be replaced, if it is; never when that would not help. */
function whyRenew(
  authority: CertificatePair,
  pair: CertificatePair,
  names: readonly string[],
  now: number,
): string | undefined {
  const certificate = new X509Certificate(pair.certificate);
  const missing = names.filter((name) => !covers(certificate, name));
  if (missing.length > 0) return `it lacks ${missing.join(', ')}`;
  const { from, until } = validityOf(certificate);
  const next = validityAt(authority, now);
  if (now < from && next.from < from) return 'the clock went back';
  const due = from + (2 / 3) * (until - from);
  return now >= due && next.until > until ? 'two thirds of its time are over' : undefined;
}

function covers(certificate: X509Certificate, name: string): boolean {
  const options = { subject: 'never', wildcards: false } as const;
  return (
    (isIP(name) === 0 ? certificate.checkHost(name, options) : certificate.checkIP(name)) !==
    undefined
  );
}

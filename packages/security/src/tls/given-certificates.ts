import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, type Logger, silentLogger, systemClock, type Timer } from '@thingtalk/core';
import { CertificateError, type CertificatePair } from './certificate-pair.ts';
import { checkPair } from './check-pair.ts';
import { CurrentPair, type ServerCertificates } from './server-certificates.ts';

/** After a change of the files, how long nothing more may happen before they are read: two files are written in turn. */
const settleMs = 500;

/** How often they are read without having been told: not every file system tells. */
const checkMs = 60_000;

/** What {@link GivenCertificates} works with. */
export interface GivenCertificatesOptions {
  /** The certificate and after it those that vouch for it, PEM. */
  readonly certificateFile: string;
  /** Its private key, PEM, without a passphrase. */
  readonly keyFile: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** A certificate that somebody else renews, in two files that are read again when they change. */
export class GivenCertificates implements ServerCertificates {
  readonly authority = undefined;
  readonly #options: Required<GivenCertificatesOptions>;
  readonly #current: CurrentPair;
  readonly #watchers: readonly FSWatcher[];
  #timer: Timer | undefined;
  #complaint = '';
  #ended = false;

  /** @throws {@link CertificateError} what is wrong with the files, in one line. */
  static async open(options: GivenCertificatesOptions): Promise<GivenCertificates> {
    const complete = { clock: systemClock, logger: silentLogger, ...options };
    return new GivenCertificates(complete, await load(complete));
  }

  private constructor(options: Required<GivenCertificatesOptions>, pair: CertificatePair) {
    this.#options = options;
    this.#current = new CurrentPair(pair);
    // Directories, since whoever renews mostly puts new files in the place of the old.
    const places = new Set([options.certificateFile, options.keyFile].map(dirname));
    this.#watchers = [...places].map((place) => this.#watch(place));
    this.#checkAfter(checkMs);
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
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(place: string): FSWatcher {
    const watcher = watch(place, { persistent: false }, () => this.#checkAfter(settleMs));
    // A directory that is gone is noticed when it is next read.
    watcher.on('error', () => watcher.close());
    return watcher;
  }

  #checkAfter(ms: number): void {
    if (this.#ended) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(ms, () => void this.#check());
  }

  /** Takes what the files hold now; what is half written or does not fit leaves the old in its place. */
  async #check(): Promise<void> {
    const { logger, certificateFile } = this.#options;
    try {
      const pair = await load(this.#options);
      if (this.#ended) return;
      this.#complaint = '';
      if (pair.certificate !== this.current.certificate || pair.key !== this.current.key) {
        this.#current.set(pair);
        logger.info({ certificateFile }, 'the certificate is reloaded');
      }
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
    this.#checkAfter(checkMs);
  }

  /** Once for each reason: it is looked at every minute. */
  #complain(reason: string): void {
    if (reason === this.#complaint || this.#ended) return;
    this.#complaint = reason;
    this.#options.logger.warn({ reason }, 'the certificate before is kept: the new cannot be used');
  }
}

async function load(options: Required<GivenCertificatesOptions>): Promise<CertificatePair> {
  const { certificateFile, keyFile, clock } = options;
  // One after the other: where both are missing, the same one is always named.
  const certificateText = await read(certificateFile);
  const keyText = await read(keyFile);
  return checkPair({ certificateFile, keyFile, certificateText, keyText, now: clock.now() });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CertificateError(`${file} cannot be read (${code})`, { cause });
  }
}

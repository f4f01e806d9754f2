import type { CertificatePair } from './certificate-pair.ts';

/** What a gateway proves itself with, kept current without a restart. Disposing of it ends the watch. */
export interface ServerCertificates extends Disposable {
  /** What to serve now. */
  readonly current: CertificatePair;
  /** The authority that people are to trust, PEM; `undefined` when others vouch for the certificate. */
  readonly authority: string | undefined;
  /** Calls `listener` whenever {@link current} has changed; returns how to stop. */
  onChange(listener: (pair: CertificatePair) => void): () => void;
}

/** The certificate that is served now, and who is told when it changes. */
export class CurrentPair {
  readonly #listeners = new Set<(pair: CertificatePair) => void>();
  #pair: CertificatePair;

  constructor(pair: CertificatePair) {
    this.#pair = pair;
  }

  get pair(): CertificatePair {
    return this.#pair;
  }

  set(pair: CertificatePair): void {
    this.#pair = pair;
    for (const listener of this.#listeners) listener(pair);
  }

  onChange(listener: (pair: CertificatePair) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

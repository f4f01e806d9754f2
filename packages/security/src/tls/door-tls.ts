import { constants } from 'node:crypto';
import type { Server, TlsOptions } from 'node:tls';
import type { Clock } from '@thingtalk/core';
import { HandshakeAdmission, type HandshakeLimits } from './handshake-admission.ts';
import type { ServerCertificates } from './server-certificates.ts';

/** What TLS 1.2 may use: ephemeral keys and authenticated encryption only; TLS 1.3 has nothing else (RFC 9325, 4.2). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What a {@link DoorTls} may be told. */
export interface DoorTlsOptions {
  /** Takes TLS 1.2 too, for devices that know no better. Default false: 1.3 alone. */
  readonly tls12?: boolean;
  readonly limits?: Partial<HandshakeLimits>;
  readonly clock?: Clock;
}

/** TLS for one server that listens: what it is made with, and who keeps it current and out of reach of floods. */
export class DoorTls {
  readonly #certificates: ServerCertificates;
  readonly #tls12: boolean;
  readonly #admission: HandshakeAdmission;

  constructor(certificates: ServerCertificates, options: DoorTlsOptions = {}) {
    this.#certificates = certificates;
    this.#tls12 = options.tls12 ?? false;
    this.#admission = new HandshakeAdmission(options.limits, options.clock);
  }

  /** For `tls.createServer` or `https.createServer`. */
  get options(): TlsOptions {
    const { certificate, key } = this.#certificates.current;
    return {
      cert: certificate,
      key,
      minVersion: this.#tls12 ? 'TLSv1.2' : 'TLSv1.3',
      ciphers,
      honorCipherOrder: true,
      ecdhCurve: 'X25519:P-256:P-384',
      // A client that may renegotiate makes the server pay as often as it likes; TLS 1.3 has done away with it.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    };
  }

  /**
   * Gives a server each new certificate, and admits its handshakes.
   *
   * @param plainAnswer what somebody is sent who does not speak TLS. Default: nothing, the connection ends.
   */
  guard(server: Server, plainAnswer?: string): void {
    this.#admission.guard(server, plainAnswer);
    const stop = this.#certificates.onChange(() => server.setSecureContext(this.options));
    server.once('close', stop);
  }

  /** Ends the handshakes that have begun: for a server that closes. */
  endHandshakes(): void {
    this.#admission.endAll();
  }
}

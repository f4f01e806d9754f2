import type { IncomingMessage, ServerResponse } from 'node:http';
import { asProblem, Problem } from '@thingtalk/core';
import { Origins } from './origins.ts';
import { TrustedProxies } from './trusted-proxies.ts';
import type { Arrival } from './visit.ts';

/** Longest request target that is taken, in characters. */
const maxTargetLength = 8_192;

/** What may stand in a Host header: a name or address, and a port. */
const authority = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** Who may come to a {@link FrontDoor}. */
export interface FrontDoorOptions {
  /** Says why a Host is not answered to; `undefined` when it is. Guards against DNS rebinding. Default: all are. */
  readonly refuseHost?: ((host: string) => Problem | undefined) | undefined;
  /** Origins of pages that may use this server beside its own. Default: none. */
  readonly origins?: readonly string[] | undefined;
  /** Whether an address is of a proxy that is believed whom it hands on, and how they came. Default: none is. */
  readonly trusts?: ((address: string) => boolean) | undefined;
}

/** Looks at what every request has, before it is known what it asks for. */
export class FrontDoor {
  readonly #refuseHost: FrontDoorOptions['refuseHost'];
  readonly #origins: Origins;
  readonly #proxies: TrustedProxies | undefined;
  /** The same client says the same Host over and over: the last good one is remembered. */
  #goodHost: string | undefined;

  constructor({ refuseHost, origins, trusts }: FrontDoorOptions) {
    this.#refuseHost = refuseHost;
    this.#origins = new Origins(origins);
    this.#proxies = trusts && new TrustedProxies(trusts);
  }

  /** Why a request, or the handshake of a WebSocket, may not come in; `undefined` when it may. */
  refuse(request: Arrival, isUpgrade = false): Problem | undefined {
    return (
      this.#believe(request) ??
      refuseTarget(request) ??
      this.#checkHost(request.headers.host) ??
      refuseEncoding(request.headers['content-encoding']) ??
      this.#origins.refuse(request, isUpgrade)
    );
  }

  /** Whether all is said already: what a browser asks before pages of another origin may ask. */
  answers(request: IncomingMessage, response: ServerResponse): boolean {
    return request.headers.origin !== undefined && this.#origins.welcome(request, response);
  }

  /** Takes from a trusted proxy how a request came to it. */
  #believe({ headers, socket }: Arrival): Problem | undefined {
    try {
      this.#proxies?.note(socket.remoteAddress ?? '', headers);
      return undefined;
    } catch (error) {
      return asProblem(error);
    }
  }

  #checkHost(host: string | undefined): Problem | undefined {
    if (host !== undefined && host === this.#goodHost) return undefined;
    if (host === undefined || !authority.test(host)) {
      return new Problem('bad-request', `the Host header '${host ?? ''}' names no host`);
    }
    const problem = this.#refuseHost?.(host);
    if (problem === undefined) this.#goodHost = host;
    return problem;
  }
}

function refuseTarget({ url = '' }: Arrival): Problem | undefined {
  if (url.length <= maxTargetLength) return undefined;
  return new Problem(
    'uri-too-long',
    `an address of ${url.length} characters is longer than ${maxTargetLength}`,
  );
}

/** A small body must not become a large one here. */
function refuseEncoding(encoding: string | undefined): Problem | undefined {
  if (encoding === undefined || encoding === 'identity') return undefined;
  return new Problem('unsupported-media-type', `a body encoded as '${encoding}' is not taken here`);
}

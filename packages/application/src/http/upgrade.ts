import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request to speak something else than HTTP on this connection. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent already. */
  readonly head: Buffer;
  /** Parameters of the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** A path that can be upgraded, as for WebSocket. The handler owns the socket from then on. */
export interface UpgradeRoute {
  /** `/webthings/:id` */
  readonly path: string;
  handle(upgrade: Upgrade): void;
}

type Take = (socket: Duplex, head: Buffer) => void;

/** Finds who takes an upgrade. */
export class UpgradeTable {
  readonly #rows: readonly { readonly pattern: RegExp; readonly route: UpgradeRoute }[];

  constructor(routes: readonly UpgradeRoute[]) {
    this.#rows = routes.map((route) => ({ pattern: patternOf(route.path), route }));
  }

  /** Who takes this request's socket; `undefined` when nobody does, or its path is badly encoded. */
  find(request: IncomingMessage): Take | undefined {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    for (const { pattern, route } of this.#rows) {
      const params = decode(pattern.exec(path)?.groups);
      if (params !== undefined) {
        return (socket, head) => route.handle({ request, socket, head, params });
      }
    }
    return undefined;
  }
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:(\w+)/g, '(?<$1>[^/]+)');
  return new RegExp(`^${source}$(?<end>)`);
}

function decode(groups: Record<string, string> | undefined): Record<string, string> | undefined {
  if (groups === undefined) return undefined;
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
  } catch {
    return undefined;
  }
}

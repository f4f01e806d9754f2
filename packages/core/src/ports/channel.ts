import type { RouteSchema } from './route.ts';

/** One row of the message interfaces: AsyncAPI is rendered from it. */
export interface Channel {
  /** Stable key in the document, as `thingValues`. */
  readonly name: string;
  readonly protocol: 'mqtt' | 'ws';
  /** Topic or path; parameters in braces: `things/{id}/values`. */
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** What the gateway does with it, seen from a client: `receive` what it sends, `send` what it takes. */
  readonly messages: readonly {
    readonly name: string;
    readonly direction: 'send' | 'receive';
    readonly summary: string;
    readonly schema: RouteSchema;
    readonly retained?: boolean;
    readonly example?: unknown;
  }[];
}

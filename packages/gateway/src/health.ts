import type {
  Adapter,
  AdapterHealth,
  BusStatus,
  JournalStatus,
  Route,
  Things,
} from '@thingtalk/core';

/** Whose health is asked for. */
export interface HealthParts {
  readonly bus: { readonly status: BusStatus };
  /** Left out where nothing is kept. */
  readonly storage?: { readonly status: JournalStatus } | undefined;
  readonly things: Things;
  readonly adapters: readonly Adapter[];
  readonly isDraining: () => boolean;
  /** Whether it asks who comes. */
  readonly security: 'on' | 'demo';
}

/** How the gateway is doing. */
export interface Health {
  /** `up`: all is well; `degraded`: an adapter fails or nothing can be stored, the rest is served; `down`: nothing can be asked of Things. */
  readonly status: 'up' | 'degraded' | 'down';
  readonly bus: BusStatus;
  readonly storage: JournalStatus | { readonly state: 'none' };
  readonly things: number;
  /** `demo`: everybody on this machine may do everything. */
  readonly security: 'on' | 'demo';
  readonly adapters: Readonly<Record<string, AdapterHealth>>;
}

/** Takes the pulse. It only looks, so that it answers at once in any storm. */
export function takeHealth(parts: HealthParts): Health {
  const { bus, storage, things, adapters, isDraining, security } = parts;
  const isServing = bus.status.state === 'connected' && !isDraining();
  const kept = storage?.status ?? ({ state: 'none' } as const);
  const isWhole =
    (kept.state === 'writing' || kept.state === 'none') &&
    adapters.every(({ health }) => health.state === 'running');
  return {
    status: isServing ? (isWhole ? 'up' : 'degraded') : 'down',
    bus: bus.status,
    storage: kept,
    things: things.count,
    security,
    adapters: Object.fromEntries(adapters.map(({ name, health }) => [name, health])),
  };
}

const member = (description: string) => ({ type: 'object', description }) as const;

/** `GET /health`: 200 while the gateway serves, 503 while it cannot. */
export function healthRoute(parts: HealthParts): Route {
  const answer = {
    contentType: 'application/json',
    schema: {
      type: 'object',
      required: ['status'],
      properties: {
        status: { type: 'string', enum: ['up', 'degraded', 'down'] },
        bus: member('Where the connection to the broker stands'),
        storage: member('Whether changes can be stored: writing, full, unreachable; none is kept'),
        things: { type: 'integer', description: 'How many Things are known' },
        security: { enum: ['on', 'demo'], description: 'Whether it asks who comes' },
        adapters: member('How each adapter is doing, by name'),
      },
    },
  } as const;
  return {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Whether the gateway serves',
    description:
      'For load balancers and watchdogs; who manages the gateway is told of its parts. An adapter that fails or a disk that is full does not make it 503.',
    tags: ['Gateway'],
    admits: 'anybody',
    responses: {
      200: { description: 'It serves', ...answer },
      503: { description: 'It cannot reach its broker, or is about to end', ...answer },
    },
    handle({ access }) {
      const health = takeHealth(parts);
      // A stranger learns whether the gateway serves, and nothing of what it is made of.
      const told = access.manages ? health : { status: health.status };
      return {
        status: health.status === 'down' ? 503 : 200,
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        body: JSON.stringify(told),
      };
    },
  };
}

import type { Route, RouteReply, RouteRequest } from '@thingtalk/core';
import type { Discovery } from './discovery.ts';
import type { Offered } from './offer.ts';

/** What the rows of discovery work with. */
export interface DiscoveryDoor {
  readonly discovery: Discovery;
  /** Path under which Things are found. Default `/things`. */
  readonly mount?: string;
  /** Who asks. Default: the id of the principal. */
  readonly author?: (request: RouteRequest) => string;
}

// What is found on a network, or was forgotten, is nobody's business but theirs who may adopt it; to look is to ask others.
const shared = { tags: ['Discovery'], admits: 'managers' } as const;
const params = { id: 'Id of the Thing, percent-encoded' };
const unknown = {
  description: 'Nothing of this id can be discovered now',
  contentType: 'application/problem+json',
};
const offerSchema = {
  type: 'object',
  required: ['id', 'title', 'via', 'from', 'found', 'href', 'adopted'],
  properties: {
    id: { type: 'string' },
    title: { type: 'string' },
    via: {
      enum: ['dns-sd', 'adapter', 'forgotten'],
      description: 'How it was found; `forgotten` is what lived here before',
    },
    from: { type: 'string', description: 'The service that announced it, or the adapter' },
    found: { type: 'string', format: 'date-time' },
    href: { type: 'string', format: 'uri', description: 'Its Thing Description' },
    adopted: { type: 'boolean', description: 'Whether it is in the directory' },
  },
};

/** The rows by which Things are discovered and adopted. */
export function discoveryRoutes(door: DiscoveryDoor): readonly Route[] {
  const {
    discovery,
    mount = '/things',
    author = ({ access }: RouteRequest) => access.principal.id,
  } = door;
  return [
    {
      ...shared,
      method: 'GET',
      path: '/discovered',
      operationId: 'listDiscovered',
      summary: 'Looks what can be adopted: found by adapters, announced by DNS-SD, or forgotten',
      description: 'Takes up to five seconds when somebody on the network is slow.',
      responses: {
        200: {
          description: 'What was found',
          contentType: 'application/json',
          schema: { type: 'array', items: offerSchema },
        },
      },
      // Whether there is a list can be said without looking.
      head: () => reply('application/json', ''),
      async handle({ base }) {
        const offers = await discovery.look();
        return reply('application/json', JSON.stringify(offers.map((one) => shown(one, base))));
      },
    },
    {
      ...shared,
      method: 'GET',
      path: '/discovered/:id',
      operationId: 'getDiscovered',
      summary: 'Reads the Thing Description of what was found',
      params,
      responses: {
        200: { description: 'It', contentType: 'application/td+json', schema: { type: 'object' } },
        404: unknown,
      },
      handle: async (request) =>
        reply('application/td+json', (await discovery.find(idOf(request))).json),
    },
    {
      ...shared,
      method: 'POST',
      path: '/discovered/:id/adopt',
      operationId: 'adoptDiscovered',
      summary: 'Takes what was found: it is in the directory from then on',
      params,
      responses: {
        201: { description: 'It is adopted' },
        204: { description: 'It was already, and is up to date' },
        404: unknown,
      },
      async handle(request) {
        const id = idOf(request);
        const isNew = await discovery.adopt(id, author(request));
        const location = `${mount}/${encodeURIComponent(id)}`;
        return isNew ? { status: 201, headers: { location } } : { status: 204 };
      },
    },
  ];
}

function shown(offer: Offered, base: string): object {
  const { id, title, via, from, foundAt, isAdopted } = offer;
  return {
    id,
    title,
    via,
    from,
    found: new Date(foundAt).toISOString(),
    href: offer.via === 'dns-sd' ? offer.href : `${base}/discovered/${encodeURIComponent(id)}`,
    adopted: isAdopted,
  };
}

function reply(type: string, body: string): RouteReply {
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-store' }, body };
}

function idOf({ params: { id = '' } }: RouteRequest): string {
  return id;
}

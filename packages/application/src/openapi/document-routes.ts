import type { Access, Channel, Route, RouteRequest, ThingRecord, Things } from '@thingtalk/core';
import { ThingViews } from '../access/reader-views.ts';
import { asyncApiDocument } from '../asyncapi/asyncapi-document.ts';
import { header } from '../http/conditions.ts';
import { json } from '../http/replies.ts';
import { findThing } from '../http/thing-door.ts';
import type { ApiSecurity } from './api-security.ts';
import { landingPage } from './landing-page.ts';
import { type ApiInfo, openApiDocument } from './openapi-document.ts';
import type { PageNotice } from './page-notice.ts';
import { DocsFiles, htmlReply } from './static-files.ts';

/** How many Things have their own operations in a document that names none. */
const maxThings = 25;

/** What the documents are made of. */
export interface DocumentRoutesOptions {
  readonly info: ApiInfo;
  readonly things: Things;
  /** The rows to document; those of the documents themselves are added. */
  readonly routes: readonly Route[];
  readonly channels: readonly Channel[];
  /** Path under which Things are found. Default `/things`. */
  readonly mount?: string;
  /** Address of the broker, as `mqtt://127.0.0.1:1883`, for a client that knows the server as `base`. Default: not named. */
  readonly brokerOf?: (base: string) => string | undefined;
  /** What a client may show at the doors. Default: everybody may do everything. */
  readonly security?: ApiSecurity | undefined;
  /** What the pages say to whoever looks at them. Default: nothing. */
  readonly noticeFor?: (access: Access) => PageNotice | undefined;
}

const tags = ['Documents'];
const query = {
  thing: {
    description: `Only this Thing; may be repeated. Without it the first ${maxThings}`,
    schema: { type: 'array', items: { type: 'string' } },
  },
};
const page = { description: 'A page for people', contentType: 'text/html' };
const document = { description: 'The document', contentType: 'application/json' };

/**
 * The rows of the documents: `/openapi.json`, `/asyncapi.json`, the page `/docs` where people try the API, and `/`.
 *
 * @returns all rows of a server: those given, and these.
 */
export function documentRoutes(options: DocumentRoutesOptions): readonly Route[] {
  const { info, channels, mount = '/things', noticeFor = () => undefined } = options;
  const views = new ThingViews(options.things);
  const files = new DocsFiles();
  const rows = [...options.routes];
  const own: Route[] = [
    {
      method: 'GET',
      path: '/',
      operationId: 'welcome',
      admits: 'anybody',
      summary: 'Says what is here: a page for browsers, links for others',
      tags,
      responses: { 200: page },
      handle: (request) =>
        header(request.headers, 'accept')?.includes('text/html')
          ? htmlReply(
              landingPage(info, views.for(request).list(), mount, noticeFor(request.access)),
            )
          : json(JSON.stringify({ ...info, links: linksTo(mount) })),
    },
    {
      method: 'GET',
      path: '/openapi.json',
      operationId: 'openapi',
      admits: 'anybody',
      summary: 'The HTTP interface as OpenAPI 3.1, with the operations of the Things',
      tags,
      query,
      responses: { 200: document },
      handle: (request) =>
        json(
          JSON.stringify(
            openApiDocument({
              info,
              base: request.base,
              routes: rows,
              things: chosenThings(views.for(request), request),
              mount,
              schemes: options.security?.(request),
            }),
          ),
          // Each is told of the Things that they may see.
          { 'cache-control': 'private, no-cache' },
        ),
    },
    {
      method: 'GET',
      path: '/asyncapi.json',
      operationId: 'asyncapi',
      admits: 'anybody',
      summary: 'Topics and sockets as AsyncAPI 3.0',
      tags,
      query,
      responses: { 200: document },
      handle: (request) => {
        const { host } = new URL(request.base);
        const broker = options.brokerOf?.(request.base);
        const chosen = chosenThings(views.for(request), request);
        return json(
          JSON.stringify(asyncApiDocument({ info, channels, host, broker, things: chosen })),
        );
      },
    },
    {
      method: 'GET',
      path: '/docs',
      operationId: 'docs',
      admits: 'anybody',
      summary: 'The page where people try the API',
      tags,
      responses: { 200: page },
      handle: ({ access }) => files.page(info.title, noticeFor(access)),
    },
    {
      method: 'GET',
      path: '/docs/:file',
      operationId: 'docsFile',
      admits: 'anybody',
      summary: 'What that page loads',
      tags,
      responses: { 200: { description: 'The file' } },
      handle: ({ params }) => files.file(params.file ?? ''),
    },
  ];
  rows.push(...own);
  return rows;
}

function chosenThings(things: Things, { query: { thing } }: RouteRequest): readonly ThingRecord[] {
  if (thing === undefined) return things.list().slice(0, maxThings);
  return [thing].flat().map((id) => findThing(things, id));
}

function linksTo(mount: string): readonly { readonly rel: string; readonly href: string }[] {
  return [
    { rel: 'things', href: mount },
    { rel: 'service-desc', href: '/openapi.json' },
    { rel: 'service-desc', href: '/asyncapi.json' },
    { rel: 'service-doc', href: '/docs' },
    { rel: 'describedby', href: '/.well-known/wot' },
  ];
}

import type { Route, ThingRecord } from '@thingtalk/core';
import { type ApiSchemes, securityOf, wantedBy } from './api-security.ts';
import { type Operation, type Paths, problemSchema, routeOperation } from './operations.ts';
import { thingPaths, thingTag } from './thing-paths.ts';

/** What a document says of the server. */
export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  /** Markdown. */
  readonly description: string;
}

/** What an OpenAPI document is rendered from. */
export interface OpenApiParts {
  readonly info: ApiInfo;
  /** Scheme and authority of the server as the client knows it. */
  readonly base: string;
  readonly routes: readonly Route[];
  /** The Things whose own operations are in the document. */
  readonly things: readonly ThingRecord[];
  /** Path under which Things are found. */
  readonly mount: string;
  /** What a client may show; left out where everybody may do everything. */
  readonly schemes?: ApiSchemes | undefined;
}

/**
 * Renders the HTTP interface: first what each Thing can do, with its own schemas, then the rows that serve them all.
 *
 * @see {@link https://spec.openapis.org/oas/v3.1.1.html | OpenAPI 3.1}
 */
export function openApiDocument(parts: OpenApiParts): Operation {
  const { info, base, routes, things, mount, schemes } = parts;
  const paths: Paths = {};
  for (const record of things) Object.assign(paths, thingPaths({ record, mount, schemes }));
  const names = new Set<string>();
  for (const route of routes) {
    const { path, operation } = routeOperation(route);
    const secured = { ...operation, ...securityOf(schemes, wantedBy(route)) };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: secured };
    for (const tag of route.tags) names.add(tag);
  }
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: base }],
    tags: [...things.map(thingTag), ...[...names].map((name) => ({ name }))],
    paths,
    components: {
      schemas: { Problem: problemSchema },
      ...(schemes && { securitySchemes: schemes }),
    },
  };
}

import {
  type ChangeOptions,
  type DirectoryEntry,
  Problem,
  type RegisteredEntry,
  type Route,
  type RouteReply,
  type RouteRequest,
  type ThingId,
  type ThingRegistry,
} from '@thingtalk/core';
import type { DirectoryViews } from '../access/reader-views.ts';
import { entryTag, metadataTag } from '../td/served-entry.ts';
import { thingSegment } from '../td/thing-path.ts';
import { checkIfMatch, checkIfNoneMatch, isKnown } from './conditions.ts';
import { checkManages, checkRegisters } from './directory-rights.ts';
import { findEntry } from './directory-routes.ts';
import { json, noContent, notModified, refusals } from './replies.ts';
import { thingParam } from './thing-door.ts';

/** What the rows by which a registry is changed work with. */
export interface RegistryDoor {
  readonly registry: ThingRegistry;
  /** The registry as whoever asks may see it. */
  readonly directories: DirectoryViews;
  /** Path under which Things are found: `/things`. */
  readonly mount: string;
  /** Who asks. Default: the id of the principal. */
  readonly author?: (request: RouteRequest) => string;
  /** The Thing that introduces this server, which it cannot forget. */
  readonly introduced: () => { readonly id: ThingId } | undefined;
}

const tags = ['Directory'];
const consumes = ['application/td+json', 'application/json'];
const problem = { contentType: 'application/problem+json' };
const refused = {
  ...refusals,
  409: { description: 'The Thing lives on the bus and describes itself there', ...problem },
  412: { description: 'It is no longer what If-Match says', ...problem },
};
const { 400: invalid, 404: unknown, 409: living, 412: stale } = refused;
const created = { description: 'It is registered' };
const done = { description: 'It is done' };
const tdBody = {
  description: 'A Thing Description 1.0 or 1.1; `registration` may hold `ttl` or `expires`',
  required: true,
  schema: { type: 'object', required: ['@context', 'title', 'security', 'securityDefinitions'] },
};
const metadataSchema = {
  type: 'object',
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 200 },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true, maxItems: 50 },
    notes: { type: 'string', minLength: 1, maxLength: 10_000 },
  },
  additionalProperties: false,
};

/**
 * The rows by which Thing Descriptions are registered, changed and deleted, and Things of the bus forgotten and adopted.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-api-things | WoT Discovery, 7.3.2.1}
 */
export function registryRoutes(door: RegistryDoor): readonly Route[] {
  const { registry, mount, directories } = door;
  const { author = ({ access }: RouteRequest) => access.principal.id } = door;
  const path = `${mount}/:id`;
  const params = thingParam;
  const by = (request: RouteRequest, tag = entryTag): ChangeOptions => ({
    author: author(request),
    expect: (present) => checkConditions(request, present, tag),
  });
  return [
    {
      method: 'POST',
      path: mount,
      operationId: 'createAnonymousThing',
      summary: 'Registers a Thing Description without an id, and gives it one',
      tags,
      consumes,
      body: tdBody,
      responses: { 201: created, 400: invalid },
      async handle(request) {
        checkRegisters(directories, request);
        return createdReply(mount, await registry.create(request.body, by(request)));
      },
    },
    {
      method: 'PUT',
      path,
      operationId: 'putThing',
      summary: 'Registers a Thing Description under its id, or replaces it',
      tags,
      params,
      consumes,
      body: tdBody,
      responses: { 201: created, 204: done, 400: invalid, 409: living, 412: stale },
      async handle(request) {
        checkRegisters(directories, request, idOf(request));
        const { before, after } = await registry.put(idOf(request), request.body, by(request));
        return before === undefined ? createdReply(mount, after) : changedReply(after);
      },
    },
    {
      method: 'PATCH',
      path,
      operationId: 'patchThing',
      summary: 'Changes parts of a registered Thing Description; an empty object renews its ttl',
      tags,
      params,
      consumes: ['application/merge-patch+json'],
      body: { description: 'RFC 7396', required: true, schema: { type: 'object' } },
      responses: { 204: done, 400: invalid, 404: unknown, 409: living, 412: stale },
      async handle(request) {
        checkManages(directories, request, idOf(request));
        return changedReply(await registry.patch(idOf(request), request.body, by(request)));
      },
    },
    {
      method: 'DELETE',
      path,
      operationId: 'deleteThing',
      summary: 'Deletes a registered Thing Description',
      tags,
      params,
      responses: { 204: done, 404: unknown, 409: living, 412: stale },
      async handle(request) {
        checkManages(directories, request, idOf(request));
        await registry.delete(idOf(request), by(request));
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${path}/forget`,
      operationId: 'forgetThing',
      summary: 'Clears a Thing from the bus and ignores it until it is adopted',
      tags,
      params,
      responses: { 204: done, 404: unknown, 409: living },
      async handle(request) {
        checkManages(directories, request, idOf(request));
        refuseSelf(door, idOf(request));
        await registry.forget(idOf(request), by(request));
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${path}/adopt`,
      operationId: 'adoptThing',
      summary: 'Takes a forgotten Thing again',
      tags,
      params,
      responses: { 204: done, 404: unknown },
      async handle(request) {
        checkRegisters(directories, request, idOf(request));
        await registry.adopt(idOf(request), by(request));
        return noContent;
      },
    },
    {
      method: 'GET',
      path: `${path}/metadata`,
      operationId: 'getThingMetadata',
      summary: 'What users added to a Thing',
      tags,
      params,
      responses: {
        200: { description: 'It', contentType: 'application/json', schema: metadataSchema },
        404: unknown,
      },
      handle(request) {
        const { metadata } = findEntry(directories.for(request), idOf(request));
        const etag = metadataTag(metadata);
        if (isKnown(request.headers, etag)) return notModified(etag);
        return json(JSON.stringify(metadata?.value ?? {}), { etag });
      },
    },
    {
      method: 'PUT',
      path: `${path}/metadata`,
      operationId: 'putThingMetadata',
      summary: 'Replaces what users added to a Thing; it survives what the Thing says of itself',
      tags,
      params,
      body: { description: 'title, tags, notes', required: true, schema: metadataSchema },
      responses: { 204: done, 400: invalid, 404: unknown, 412: stale },
      async handle(request) {
        checkManages(directories, request, idOf(request));
        const options = by(request, ({ metadata }) => metadataTag(metadata));
        const stored = await registry.describe(idOf(request), request.body, options);
        return { status: 204, headers: { etag: metadataTag(stored) } };
      },
    },
  ];
}

function idOf({ params }: RouteRequest): string {
  return params.id ?? '';
}

function checkConditions(
  { headers }: RouteRequest,
  present: DirectoryEntry | undefined,
  tag: (entry: DirectoryEntry) => string,
): void {
  checkIfMatch(headers, present && tag(present));
  checkIfNoneMatch(headers, present && tag(present));
}

function createdReply(mount: string, entry: RegisteredEntry): RouteReply {
  const location = `${mount}/${thingSegment(entry.id)}`;
  return { status: 201, headers: { location, etag: entryTag(entry) } };
}

function changedReply(entry: RegisteredEntry): RouteReply {
  return { status: 204, headers: { etag: entryTag(entry) } };
}

function refuseSelf({ registry, introduced }: RegistryDoor, id: string): void {
  if (registry.find(id)?.id !== introduced()?.id || registry.find(id) === undefined) return;
  throw new Problem('conflict', `${id} is this server itself, which cannot forget itself`);
}

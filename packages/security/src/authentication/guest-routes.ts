import type { Route } from '@thingtalk/core';
import { type AuthenticationDoor, idOf, recordDone } from './authentication-door.ts';
import type { GuestLink } from './guest-links.ts';
import { Members } from './members.ts';
import { done, privately, refusal, written } from './replies.ts';

const tags = ['Guests'];
const linkSchema = {
  type: 'object',
  required: ['id', 'name', 'created', 'expires'],
  properties: {
    id: { type: 'string', description: 'The principal that rights are granted to' },
    name: { type: 'string' },
    created: { type: 'string', format: 'date-time' },
    expires: { type: 'string', format: 'date-time' },
  },
};

/** The rows by which those who manage the gateway invite guests. */
export function guestRoutes(door: AuthenticationDoor): readonly Route[] {
  const { guestLinks } = door;
  return [
    {
      method: 'GET',
      path: '/guests',
      operationId: 'listGuestLinks',
      summary: 'Lists the guest links',
      tags,
      admits: 'managers',
      responses: {
        200: {
          description: 'They, without their secrets',
          contentType: 'application/json',
          schema: { type: 'array', items: linkSchema },
        },
      },
      handle: () => privately(guestLinks.list().map(shown)),
    },
    {
      method: 'POST',
      path: '/guests',
      operationId: 'createGuestLink',
      records: 'changes',
      summary: 'Makes a guest link, whose secret is shown this once and may do nothing yet',
      description: 'The secret is a bearer token, or the `link` that a page logs in by.',
      tags,
      admits: 'managers',
      body: {
        description: 'What it is for, and when it is over',
        required: true,
        schema: {
          type: 'object',
          required: ['name', 'expires'],
          properties: {
            name: { type: 'string' },
            expires: { type: 'string', format: 'date-time' },
          },
        },
      },
      responses: {
        201: {
          description: 'The link; `link` is its secret',
          contentType: 'application/json',
          schema: {
            ...linkSchema,
            properties: { ...linkSchema.properties, link: { type: 'string' } },
          },
        },
        400: refusal.malformed,
        409: refusal.conflict,
        422: refusal.impossible,
      },
      async handle(request) {
        const members = new Members(request.body, ['name', 'expires']);
        const wanted = { name: members.text('name'), expires: members.time('expires') };
        const { link, text } = await guestLinks.create(wanted, request.access.principal.id);
        recordDone(door, request, { what: 'guest.create', on: link.id });
        return privately({ ...shown(link), link: text }, 201);
      },
    },
    {
      method: 'DELETE',
      path: '/guests/:id',
      operationId: 'revokeGuestLink',
      records: 'changes',
      summary: 'Ends a guest link, and closes what it has open',
      tags,
      params: { id: 'Id of the guest link' },
      admits: 'managers',
      responses: { 204: { description: 'It is over' }, 404: refusal.absent },
      async handle(request) {
        const [id, author] = [idOf(request), request.access.principal.id];
        await guestLinks.revoke(id, author);
        await door.forgetRights?.(id, author);
        recordDone(door, request, { what: 'guest.revoke', on: id });
        return done;
      },
    },
  ];
}

function shown(link: GuestLink): object {
  return { ...link, created: written(link.created), expires: written(link.expires) };
}

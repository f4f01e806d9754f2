import type { Route } from '@thingtalk/core';
import { type AuthenticationDoor, idOf, recordDone } from '../authentication-door.ts';
import { Members } from '../members.ts';
import { done, privately, refusal, written } from '../replies.ts';
import type { App, Apps } from './apps.ts';

const tags = ['OAuth'];
const appSchema = {
  type: 'object',
  required: ['id', 'name', 'redirectUris', 'created'],
  properties: {
    id: { type: 'string', description: 'Its client_id' },
    name: { type: 'string' },
    redirectUris: { type: 'array', items: { type: 'string', format: 'uri' } },
    created: { type: 'string', format: 'date-time' },
  },
};

/** The rows by which those who manage the gateway register apps. */
export function appRoutes(
  door: Pick<AuthenticationDoor, 'audit'> & { readonly apps: Apps },
): readonly Route[] {
  const { apps } = door;
  const shown = (app: App) => ({ ...app, created: written(app.created) });
  return [
    {
      method: 'GET',
      path: '/apps',
      operationId: 'listApps',
      summary: 'Lists the apps that people may allow something',
      tags,
      admits: 'managers',
      responses: {
        200: {
          description: 'They',
          contentType: 'application/json',
          schema: { type: 'array', items: appSchema },
        },
      },
      handle: () => privately(apps.list().map(shown)),
    },
    {
      method: 'POST',
      path: '/apps',
      operationId: 'createApp',
      summary: 'Registers an app',
      tags,
      admits: 'managers',
      body: {
        description: 'Its name and where people are sent back to',
        required: true,
        schema: appSchema,
      },
      responses: {
        201: { description: 'The app', contentType: 'application/json', schema: appSchema },
        400: refusal.malformed,
        409: refusal.conflict,
        422: refusal.impossible,
      },
      async handle(request) {
        const members = new Members(request.body, ['name', 'redirectUris']);
        const wanted = { name: members.text('name'), redirectUris: members.texts('redirectUris') };
        const app = await apps.create(wanted, request.access.principal.id);
        recordDone(door, request, { what: 'app.create', on: app.id });
        return privately(shown(app), 201);
      },
    },
    {
      method: 'DELETE',
      path: '/apps/:id',
      operationId: 'deleteApp',
      summary: 'Removes an app; its tokens end',
      tags,
      params: { id: 'Id of the app' },
      admits: 'managers',
      responses: { 204: { description: 'Removed' }, 404: refusal.absent },
      async handle(request) {
        await apps.delete(idOf(request), request.access.principal.id);
        recordDone(door, request, { what: 'app.delete', on: idOf(request) });
        return done;
      },
    },
  ];
}

import { Problem, type Route } from '@thingtalk/core';
import { type AuthenticationDoor, idOf, recordDone, wholePerson } from '../authentication-door.ts';
import { Members } from '../members.ts';
import { done, privately, refusal, written } from '../replies.ts';
import type { AllowedApp } from './app-tokens.ts';
import type { App, Apps } from './apps.ts';

const tags = ['OAuth'];
const consentSchema = {
  type: 'object',
  required: ['id', 'app', 'rights', 'created', 'expires'],
  properties: {
    id: { type: 'string' },
    app: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } },
    rights: { type: 'array', items: { type: 'string' } },
    created: { type: 'string', format: 'date-time' },
    expires: { type: 'string', format: 'date-time', description: 'Unless the app uses it before' },
  },
};
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

/** The rows by which those who manage the gateway register apps, and people see and end what they have allowed them. */
export function appRoutes(door: AuthenticationDoor & { readonly apps: Apps }): readonly Route[] {
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
      records: 'changes',
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
      records: 'changes',
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
    {
      method: 'GET',
      path: '/consents',
      operationId: 'listConsents',
      summary: 'Lists what one has allowed apps',
      tags,
      responses: {
        200: {
          description: 'It',
          contentType: 'application/json',
          schema: { type: 'array', items: consentSchema },
        },
      },
      handle({ access }) {
        const consents = door.appTokens.list(access.principal.id);
        return privately(consents.map((consent) => shownConsent(apps, consent)));
      },
    },
    {
      method: 'DELETE',
      path: '/consents/:id',
      operationId: 'endConsent',
      records: 'changes',
      summary: 'Takes back what one has allowed an app, and closes what it has open',
      tags,
      params: { id: 'Id of the consent' },
      responses: {
        204: { description: 'It is over' },
        403: refusal.forbidden,
        404: refusal.absent,
      },
      async handle(request) {
        const { principal } = wholePerson(door, request);
        const id = idOf(request);
        if (!door.appTokens.list(principal.id).some((consent) => consent.id === id)) {
          throw new Problem('not-found', `there is no consent '${id}'`);
        }
        await door.appTokens.revoke(id);
        recordDone(door, request, { what: 'app.end', on: id });
        return done;
      },
    },
  ];
}

function shownConsent(apps: Apps, { app, created, expires, ...consent }: AllowedApp): object {
  const name = apps.find(app)?.name ?? app;
  return {
    ...consent,
    app: { id: app, name },
    created: written(created),
    expires: written(expires),
  };
}

import type { Route, RouteRequest } from '@thingtalk/core';
import { type AuthenticationDoor, idOf, recordDone } from './authentication-door.ts';
import { Members } from './members.ts';
import type { Person, PersonChange } from './people.ts';
import { done, privately, refusal, written } from './replies.ts';

const tags = ['People'];
const params = { id: 'Id of the person' };
const personSchema = {
  type: 'object',
  required: ['id', 'name', 'displayName', 'isDisabled', 'created'],
  properties: {
    id: { type: 'string' },
    name: { type: 'string', description: 'What they log in with' },
    displayName: { type: 'string' },
    isDisabled: { type: 'boolean' },
    created: { type: 'string', format: 'date-time' },
  },
};
const personResponse = {
  description: 'The person',
  contentType: 'application/json',
  schema: personSchema,
};

/** The rows by which those who manage the gateway manage its people. */
export function peopleRoutes(door: AuthenticationDoor): readonly Route[] {
  const { people, sessions } = door;
  return [
    {
      method: 'GET',
      path: '/people',
      operationId: 'listPeople',
      summary: 'Lists the people who may log in',
      tags,
      admits: 'managers',
      responses: {
        200: {
          description: 'They, by name',
          contentType: 'application/json',
          schema: { type: 'array', items: personSchema },
        },
      },
      handle: () => privately(people.list().map(shown)),
    },
    {
      method: 'POST',
      path: '/people',
      operationId: 'createPerson',
      records: 'changes',
      summary: 'Makes somebody who may log in, without any rights yet',
      tags,
      admits: 'managers',
      body: {
        description: 'Name and password',
        required: true,
        schema: {
          type: 'object',
          required: ['name', 'password'],
          properties: {
            name: { type: 'string' },
            password: { type: 'string', minLength: 10 },
            displayName: { type: 'string' },
          },
        },
      },
      responses: {
        201: personResponse,
        400: refusal.malformed,
        409: refusal.conflict,
        422: refusal.impossible,
      },
      async handle(request) {
        const members = new Members(request.body, ['name', 'password', 'displayName']);
        const displayName = members.optionalText('displayName');
        const [name, password] = [members.text('name'), members.text('password')];
        const wanted = { name, password, ...(displayName !== undefined && { displayName }) };
        const person = await people.create(wanted, authorOf(request));
        recordDone(door, request, { what: 'person.create', on: person.id });
        return privately(shown(person), 201);
      },
    },
    {
      method: 'GET',
      path: '/people/:id',
      operationId: 'getPerson',
      summary: 'Reads a person',
      tags,
      params,
      admits: 'managers',
      responses: { 200: personResponse, 404: refusal.absent },
      handle: (request) => privately(shown(people.get(idOf(request)))),
    },
    {
      method: 'PATCH',
      path: '/people/:id',
      operationId: 'changePerson',
      records: 'changes',
      summary: 'Changes a person; another password, or being disabled, logs them out everywhere',
      tags,
      params,
      admits: 'managers',
      body: {
        description: 'What is to be otherwise',
        required: true,
        schema: {
          type: 'object',
          properties: {
            displayName: { type: 'string' },
            password: { type: 'string', minLength: 10 },
            isDisabled: { type: 'boolean' },
          },
        },
      },
      responses: {
        200: personResponse,
        400: refusal.malformed,
        404: refusal.absent,
        409: refusal.conflict,
        422: refusal.impossible,
      },
      async handle(request) {
        const change = changeOf(request);
        const person = await people.change(idOf(request), change, authorOf(request));
        if (change.password !== undefined || person.isDisabled) await sessions.endAll(person.id);
        const why = Object.keys(change).join(', ');
        recordDone(door, request, { what: 'person.change', on: person.id, why });
        return privately(shown(person));
      },
    },
    {
      method: 'DELETE',
      path: '/people/:id',
      operationId: 'deletePerson',
      records: 'changes',
      summary: 'Removes a person; what they had open is closed',
      tags,
      params,
      admits: 'managers',
      responses: { 204: { description: 'Removed' }, 404: refusal.absent, 409: refusal.conflict },
      async handle(request) {
        const { id } = people.get(idOf(request));
        if (id !== authorOf(request)) await door.forgetRights?.(id, authorOf(request));
        await people.delete(id, authorOf(request));
        await sessions.endAll(id);
        await door.tokens.revokeAll(id, authorOf(request));
        await door.appTokens.revokeAll(id);
        recordDone(door, request, { what: 'person.delete', on: id });
        return done;
      },
    },
  ];
}

function changeOf({ body }: RouteRequest): PersonChange {
  const members = new Members(body, ['displayName', 'password', 'isDisabled']);
  const displayName = members.optionalText('displayName');
  const password = members.optionalText('password');
  const isDisabled = members.optionalFlag('isDisabled');
  return {
    ...(displayName !== undefined && { displayName }),
    ...(password !== undefined && { password }),
    ...(isDisabled !== undefined && { isDisabled }),
  };
}

function authorOf({ access }: RouteRequest): string {
  return access.principal.id;
}

function shown(person: Person): object {
  return { ...person, created: written(person.created) };
}

import { Problem, type Route, type RouteReply, type RouteRequest } from '@thingtalk/core';
import { type AuthenticationDoor, idOf, recordDone, wholePerson } from './authentication-door.ts';
import { Members } from './members.ts';
import { done, privately, refusal, written } from './replies.ts';
import type { NewToken, Token } from './tokens.ts';

const tags = ['Tokens'];
const scopesSchema = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['rights'],
    properties: {
      rights: {
        type: 'array',
        items: { enum: ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'] },
      },
      on: {
        type: 'object',
        required: ['thing'],
        properties: { thing: { type: 'string' }, affordance: { type: 'string' } },
      },
    },
  },
};
const tokenSchema = {
  type: 'object',
  required: ['id', 'principal', 'name', 'created', 'expires'],
  properties: {
    id: { type: 'string' },
    principal: { type: 'string', description: 'Whom it acts for' },
    name: { type: 'string' },
    scopes: scopesSchema,
    clientId: {
      type: 'string',
      description: 'An MQTT client id that is its own, beside those that begin with its id',
    },
    created: { type: 'string', format: 'date-time' },
    expires: { type: 'string', format: 'date-time' },
    lastUsed: { type: 'string', format: 'date-time', description: 'Since the gateway started' },
  },
};

/** The rows by which people make API tokens for their programs, and end them. */
export function tokenRoutes(door: AuthenticationDoor): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/tokens',
      operationId: 'listTokens',
      summary: "Lists one's own API tokens; all of them, for those who manage the gateway",
      tags,
      responses: {
        200: {
          description: 'They, without their secrets',
          contentType: 'application/json',
          schema: { type: 'array', items: tokenSchema },
        },
      },
      handle({ access }) {
        const tokens = door.tokens.list(access.manages ? undefined : access.principal.id);
        return privately(tokens.map((token) => shown(door, token)));
      },
    },
    {
      method: 'POST',
      path: '/tokens',
      operationId: 'createToken',
      records: 'changes',
      summary: 'Makes an API token, which is shown this once',
      tags,
      body: {
        description: 'What it is for, when it is over, and what it is narrowed to',
        required: true,
        schema: {
          type: 'object',
          required: ['name', 'expires'],
          properties: {
            name: { type: 'string' },
            expires: { type: 'string', format: 'date-time', description: 'Within a year' },
            scopes: scopesSchema,
            clientId: { type: 'string' },
          },
        },
      },
      responses: {
        201: {
          description: 'The token; `token` is its secret',
          contentType: 'application/json',
          schema: {
            ...tokenSchema,
            properties: { ...tokenSchema.properties, token: { type: 'string' } },
          },
        },
        400: refusal.malformed,
        403: refusal.forbidden,
        409: refusal.conflict,
        422: refusal.impossible,
      },
      handle: (request) => create(door, request),
    },
    {
      method: 'DELETE',
      path: '/tokens/:id',
      operationId: 'revokeToken',
      records: 'changes',
      summary: 'Ends an API token, and closes what it has open',
      tags,
      params: { id: 'Id of the token' },
      responses: {
        204: { description: 'It is over' },
        403: refusal.forbidden,
        404: refusal.absent,
      },
      handle: (request) => revoke(door, request),
    },
  ];
}

async function create(door: AuthenticationDoor, request: RouteRequest): Promise<RouteReply> {
  const maker = wholePerson(door, request);
  const wanted = newToken(request, maker.principal.id);
  // A token that got lost must not live on in those it made.
  const isByToken = maker.credential.startsWith('pat_');
  if (isByToken && wanted.expires > (maker.expires ?? 0)) {
    throw new Problem('unprocessable', 'a token makes none that outlives it');
  }
  const { token, text } = await door.tokens.create(wanted, maker.principal.id);
  recordDone(door, request, { what: 'token.create', on: token.id });
  return privately({ ...shown(door, token), token: text }, 201);
}

function newToken({ body }: RouteRequest, principal: string): NewToken {
  const members = new Members(body, ['name', 'expires', 'scopes', 'clientId']);
  const scopes = members.optionalScopes('scopes');
  const clientId = members.optionalText('clientId');
  return {
    principal,
    name: members.text('name'),
    expires: members.time('expires'),
    ...(scopes !== undefined && { scopes }),
    ...(clientId !== undefined && { clientId }),
  };
}

async function revoke(door: AuthenticationDoor, request: RouteRequest): Promise<RouteReply> {
  const { access } = request;
  const { credential } = door.identityOf(access);
  const token = door.tokens.get(idOf(request));
  const isItself = token.id === credential;
  // Whose it is stays untold: a token of somebody else is as good as none.
  if (!isItself && !access.manages && token.principal !== access.principal.id)
    throw absent(token.id);
  if (!isItself && !access.manages) wholePerson(door, request);
  await door.tokens.revoke(token.id, access.principal.id);
  recordDone(door, request, { what: 'token.revoke', on: token.id });
  return done;
}

function absent(id: string): Problem {
  return new Problem('not-found', `there is no token '${id}'`);
}

function shown({ tokens }: AuthenticationDoor, token: Token): object {
  const lastUsed = tokens.lastUsed(token.id);
  return {
    ...token,
    created: written(token.created),
    expires: written(token.expires),
    ...(lastUsed !== undefined && { lastUsed: written(lastUsed) }),
  };
}

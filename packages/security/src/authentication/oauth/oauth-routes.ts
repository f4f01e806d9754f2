import {
  isJsonObject,
  type JsonValue,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
} from '@thingtalk/core';
import type { AuthenticationDoor } from '../authentication-door.ts';
import { privately, refusal } from '../replies.ts';
import { refuseNamedOrigins } from '../same-origin.ts';
import type { EndedConsent, TokenPair } from './app-tokens.ts';
import type { App, Apps } from './apps.ts';
import type { AuthorizationCodes } from './authorization-codes.ts';
import {
  type Parameters,
  RedirectedError,
  readAuthorizationRequest,
  scopeWords,
  withParameters,
} from './authorization-request.ts';
import { consentPage } from './consent-page.ts';

/** What the rows of OAuth work with. */
export interface OAuthDoor extends AuthenticationDoor {
  readonly apps: Apps;
  readonly codes: AuthorizationCodes;
}

/** Path of the row that says who gives out tokens for a gateway. */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource';

/** The content type of forms, which OAuth has for its requests. */
export const formType = 'application/x-www-form-urlencoded';

const tags = ['OAuth'];
const form = (description: string) => ({ description, required: true, schema: { type: 'object' } });

/**
 * The rows by which apps act for people: OAuth 2.1 by code and PKCE.
 *
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1 | OAuth 2.1}
 */
export function oauthRoutes(door: OAuthDoor): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/.well-known/oauth-authorization-server',
      operationId: 'getOAuthMetadata',
      summary: 'Says how apps get tokens, as RFC 8414 has it',
      tags,
      admits: 'anybody',
      responses: { 200: { description: 'The metadata', contentType: 'application/json' } },
      handle: ({ base }) => privately(metadataOf(base)),
    },
    {
      method: 'GET',
      path: resourceMetadataPath,
      operationId: 'getResourceMetadata',
      summary: 'Says who gives out tokens for this gateway, as RFC 9728 has it: itself',
      tags,
      admits: 'anybody',
      responses: { 200: { description: 'The metadata', contentType: 'application/json' } },
      handle: ({ base }) =>
        privately({
          resource: base,
          authorization_servers: [base],
          scopes_supported: scopeWords,
          bearer_methods_supported: ['header'],
        }),
    },
    {
      method: 'GET',
      path: '/oauth/authorize',
      operationId: 'askConsent',
      summary: 'The page where a person allows an app something',
      tags,
      admits: 'anybody',
      responses: {
        200: { description: 'The page', contentType: 'text/html' },
        302: { description: 'Back to the app, which asked for something that is not offered' },
        400: refusal.malformed,
      },
      handle: (request) =>
        redirecting(() => consentPage(readAuthorizationRequest(door.apps, ofQuery(request)))),
    },
    {
      method: 'POST',
      path: '/oauth/authorize',
      operationId: 'giveConsent',
      records: 'visits',
      summary: 'What the person decided on that page',
      tags,
      admits: 'anybody',
      consumes: [formType],
      body: form('The form of the page'),
      responses: {
        303: { description: 'Back to the app, with a code or an error' },
        400: refusal.malformed,
        401: {
          description: 'The page again: name or password was wrong',
          contentType: 'text/html',
        },
        403: refusal.forbidden,
      },
      handle: (request) => redirecting(() => decide(door, request)),
    },
    {
      method: 'POST',
      path: '/oauth/token',
      operationId: 'getTokens',
      summary: 'Exchanges a code, or a refresh token, for an access token',
      tags,
      admits: 'anybody',
      consumes: [formType],
      body: form(
        'grant_type, client_id, and code, redirect_uri and code_verifier, or refresh_token',
      ),
      responses: {
        200: { description: 'The tokens', contentType: 'application/json' },
        400: { description: 'An error of OAuth 2.1, 3.2.4', contentType: 'application/json' },
      },
      handle: (request) => exchange(door, request),
    },
    {
      method: 'POST',
      path: '/oauth/revoke',
      operationId: 'revokeTokens',
      summary: 'Ends what an app was allowed, by one of its tokens (RFC 7009)',
      tags,
      admits: 'anybody',
      consumes: [formType],
      body: form('token'),
      responses: { 200: { description: 'It is over, or never was' } },
      async handle({ body }) {
        await door.appTokens.revokeText(ofForm(body)('token') ?? '');
        return privately({});
      },
    },
  ];
}

/** What RFC 8414 says of the authorization server that a gateway at `base` is. */
export function metadataOf(base: string) {
  return {
    issuer: base,
    authorization_endpoint: `${base}/oauth/authorize`,
    token_endpoint: `${base}/oauth/token`,
    revocation_endpoint: `${base}/oauth/revoke`,
    scopes_supported: scopeWords,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  };
}

async function decide(door: OAuthDoor, request: RouteRequest): Promise<RouteReply> {
  refuseNamedOrigins(request);
  const get = ofForm(request.body);
  const asked = readAuthorizationRequest(door.apps, get);
  const { app, redirectUri, state, challenge, rights } = asked;
  const back = (parameters: Record<string, string>) =>
    redirect(303, withParameters(redirectUri, { ...parameters, state, iss: request.base }));
  if (get('decision') !== 'allow') return back({ error: 'access_denied' });
  try {
    const { name = '', password = '' } = { name: get('name'), password: get('password') };
    const person = await door.logins.logIn({ name, password, address: request.address });
    const { id: principal } = person;
    const allowed = { app: app.id, redirectUri, challenge, principal, rights };
    const { address: from } = request;
    const why = rights.join(' ');
    door.audit.record({
      who: principal,
      from,
      what: 'app.allow',
      on: app.id,
      outcome: 'allowed',
      why,
    });
    return back({ code: door.codes.issue(allowed) });
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status >= 500) throw cause;
    return consentPage(asked, cause);
  }
}

async function exchange(door: OAuthDoor, { body, address }: RouteRequest): Promise<RouteReply> {
  const get = ofForm(body);
  const app = door.apps.find(get('client_id') ?? '');
  if (app === undefined) return refused('invalid_client');
  const pair = await pairOf(door, app, get);
  if (pair === 'unsupported') return refused('unsupported_grant_type');
  if (pair !== undefined && 'stolenFrom' in pair) {
    const why = 'a code or refresh token was used twice: its tokens have ended';
    const entry = { who: pair.stolenFrom, from: address, what: 'app.token', on: app.id, why };
    door.audit.record({ ...entry, outcome: 'denied' });
    return refused('invalid_grant');
  }
  return pair === undefined ? refused('invalid_grant') : granted(pair);
}

async function pairOf(
  door: OAuthDoor,
  app: App,
  get: Parameters,
): Promise<TokenPair | EndedConsent | 'unsupported' | undefined> {
  switch (get('grant_type')) {
    case 'authorization_code':
      return takeCode(door, app, get);
    case 'refresh_token':
      return door.appTokens.refresh(app.id, get('refresh_token') ?? '');
    default:
      return 'unsupported';
  }
}

async function takeCode(
  door: OAuthDoor,
  app: App,
  get: Parameters,
): Promise<TokenPair | EndedConsent | undefined> {
  const code = get('code') ?? '';
  const taken = door.codes.take({
    app: app.id,
    code,
    redirectUri: get('redirect_uri') ?? '',
    verifier: get('code_verifier') ?? '',
  });
  if (taken === undefined) return undefined;
  if ('stolen' in taken) {
    await door.appTokens.revoke(taken.stolen);
    return { stolenFrom: taken.from };
  }
  const { principal, rights } = taken;
  const pair = await door.appTokens.begin({ app: app.id, principal, rights });
  if (pair !== undefined) door.codes.became(code, pair.consent);
  return pair;
}

function granted(pair: TokenPair): RouteReply {
  return privately({
    access_token: pair.access,
    token_type: 'Bearer',
    expires_in: pair.expiresInSeconds,
    refresh_token: pair.refresh,
    scope: pair.rights.join(' '),
  });
}

function refused(error: string): RouteReply {
  return privately({ error }, 400);
}

function redirect(status: 302 | 303, location: string): RouteReply {
  return {
    status,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  };
}

async function redirecting(work: () => RouteReply | Promise<RouteReply>): Promise<RouteReply> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RedirectedError) return redirect(302, cause.location);
    throw cause;
  }
}

/** Parameters of the address. @throws {@link Problem} `bad-request` for one that comes twice. */
function ofQuery({ query }: RouteRequest): Parameters {
  return (name) => {
    const value = query[name];
    if (typeof value === 'object') throw new Problem('bad-request', `'${name}' comes twice`);
    return value;
  };
}

function ofForm(body: JsonValue | undefined): Parameters {
  if (!isJsonObject(body)) throw new Problem('bad-request', 'the body is not a form');
  return (name) => {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
}

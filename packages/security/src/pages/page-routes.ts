import {
  isJsonObject,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
} from '@thingtalk/core';
import type { AuthenticationDoor } from '../authentication/authentication-door.ts';
import { recordDone } from '../authentication/authentication-door.ts';
import { formType } from '../authentication/oauth/oauth-routes.ts';
import { refusal } from '../authentication/replies.ts';
import { refuseNamedOrigins } from '../authentication/same-origin.ts';
import { cookieVisit, openSession, startAfresh } from '../authentication/session-routes.ts';
import type { SetupCode } from '../authentication/setup-code.ts';
import { setupPage } from './setup-page.ts';
import { signInPage } from './sign-in-page.ts';

/** What the pages for people work with. */
export interface PageDoor {
  readonly door: AuthenticationDoor;
  readonly setup: SetupCode;
}

const page = { description: 'The page', contentType: 'text/html' } as const;
const onward = { description: 'Onward, signed in or out by a cookie' } as const;
const shared = { tags: ['Pages'], admits: 'anybody' } as const;
const form = (description: string) =>
  ({
    consumes: [formType],
    body: { description, required: true, schema: { type: 'object' } },
  }) as const;

/** The pages by which people set a gateway up, sign in and sign out, in a browser without scripts too. */
export function pageRoutes({ door, setup }: PageDoor): readonly Route[] {
  return [
    {
      ...shared,
      method: 'GET',
      path: '/setup',
      operationId: 'showSetup',
      summary: 'The page where the first administrator is made',
      responses: { 200: page, 303: onward },
      handle: () => (setup.isOpen ? setupPage() : seeOther('/login')),
    },
    {
      ...shared,
      method: 'POST',
      path: '/setup/form',
      operationId: 'sendSetup',
      records: 'visits',
      summary: 'What was filled in on that page',
      ...form('code, name, password and repeated'),
      responses: { 303: onward, 401: refusal.unauthenticated, 422: refusal.impossible },
      handle: (request) =>
        trying(
          (wrong) => setupPage(wrong, textsOf(request)),
          () => setUp({ door, setup }, request),
        ),
    },
    {
      ...shared,
      method: 'GET',
      path: '/login',
      operationId: 'showSignIn',
      summary: 'The page where people sign in',
      responses: { 200: page, 303: onward },
      handle: ({ access }) => {
        if (setup.isOpen) return seeOther('/setup');
        return access.principal.kind === 'anonymous' ? signInPage() : seeOther('/');
      },
    },
    {
      ...shared,
      method: 'POST',
      path: '/login',
      operationId: 'signIn',
      records: 'visits',
      summary: 'What was filled in on that page',
      ...form('name and password, or a guest link'),
      responses: { 303: onward, 401: refusal.unauthenticated, 429: refusal.tooMany },
      handle: (request) => trying(signInPage, () => signIn(door, request)),
    },
    {
      ...shared,
      method: 'POST',
      path: '/logout',
      operationId: 'signOut',
      records: 'changes',
      summary: 'Signs a page out, and closes what it has open',
      consumes: [formType],
      responses: { 303: onward, 403: refusal.forbidden },
      async handle(request) {
        refuseNamedOrigins(request);
        const cookie = await door.sessions.end(cookieVisit(request, 'POST'));
        recordDone(door, request, { what: 'logout' });
        return seeOther('/', cookie);
      },
    },
  ];
}

async function setUp({ door, setup }: PageDoor, request: RouteRequest): Promise<RouteReply> {
  refuseNamedOrigins(request);
  const { code = '', name = '', password = '', repeated = '' } = textsOf(request);
  if (password !== repeated) throw new Problem('unprocessable', 'the passwords differ');
  const { address } = request;
  const { id } = await setup.setUp({ code, name, password, address });
  const { cookie } = await startAfresh(door.sessions, id, cookieVisit(request, 'POST'));
  return seeOther('/', cookie);
}

async function signIn(door: AuthenticationDoor, request: RouteRequest): Promise<RouteReply> {
  refuseNamedOrigins(request);
  const visit = cookieVisit(request, 'POST');
  door.sessions.refuseInTheClear(visit);
  const { cookie } = await openSession(door, request, visit);
  return seeOther('/', cookie);
}

/** Shows the page again, with what was wrong. */
async function trying(
  again: (wrong: Problem) => RouteReply,
  work: () => Promise<RouteReply>,
): Promise<RouteReply> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status >= 500) throw cause;
    return again(cause);
  }
}

function seeOther(location: string, cookie?: string): RouteReply {
  const headers = { location, 'cache-control': 'no-store' };
  return {
    status: 303,
    headers: cookie === undefined ? headers : { ...headers, 'set-cookie': cookie },
  };
}

/** The fields of a form. */
function textsOf({ body }: RouteRequest): Readonly<Record<string, string>> {
  if (!isJsonObject(body)) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

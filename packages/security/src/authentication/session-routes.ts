import { Problem, type Route, type RouteReply, type RouteRequest } from '@thingtalk/core';
import { type AuthenticationDoor, recordDone, wholePerson } from './authentication-door.ts';
import { recordLogin } from './logins.ts';
import { Members } from './members.ts';
import { done, privately, refusal, written } from './replies.ts';
import { refuseNamedOrigins } from './same-origin.ts';
import type { CookieVisit, OpenedSession, Sessions } from './sessions.ts';

const tags = ['Authentication'];
const whoSchema = {
  type: 'object',
  required: ['id', 'kind', 'name', 'manages'],
  properties: {
    id: { type: 'string' },
    kind: { enum: ['person', 'app', 'device', 'service', 'guest'] },
    name: { type: 'string' },
    manages: { type: 'boolean' },
    expires: { type: 'string', format: 'date-time' },
  },
};

/** The rows by which pages log in and out, people change their passwords, and WebSockets get tickets. */
export function sessionRoutes(door: AuthenticationDoor): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/session',
      operationId: 'logIn',
      records: 'visits',
      summary: 'Logs a page in, by name and password or by a guest link',
      description:
        'The session is a cookie that scripts cannot read. Programs use API tokens instead.',
      tags,
      admits: 'anybody',
      body: {
        description: 'Who one is',
        required: true,
        schema: {
          oneOf: [
            {
              type: 'object',
              required: ['name', 'password'],
              properties: { name: { type: 'string' }, password: { type: 'string' } },
            },
            { type: 'object', required: ['link'], properties: { link: { type: 'string' } } },
          ],
        },
      },
      responses: {
        204: { description: 'Logged in; `Set-Cookie` holds the session' },
        400: refusal.malformed,
        401: refusal.unauthenticated,
        403: refusal.forbidden,
        429: refusal.tooMany,
      },
      handle: (request) => logIn(door, request),
    },
    {
      method: 'GET',
      path: '/session',
      operationId: 'getSession',
      summary: 'Says who asks; a session that is an hour old gets another secret',
      tags,
      responses: {
        200: { description: 'Who asks', contentType: 'application/json', schema: whoSchema },
        401: refusal.unauthenticated,
      },
      handle: (request) => whoAsks(door, request),
    },
    {
      method: 'DELETE',
      path: '/session',
      operationId: 'logOut',
      records: 'changes',
      summary: 'Logs a page out, and closes what it has open',
      tags,
      admits: 'anybody',
      responses: { 204: { description: 'Logged out' }, 403: refusal.forbidden },
      async handle(request) {
        const cookie = await door.sessions.end(cookieVisit(request, 'DELETE'));
        recordDone(door, request, { what: 'logout' });
        return { ...done, headers: { 'set-cookie': cookie } };
      },
    },
    {
      method: 'PUT',
      path: '/session/password',
      operationId: 'changePassword',
      records: 'changes',
      summary: "Changes one's own password; everywhere else one is logged out",
      tags,
      body: {
        description: 'The password as it is, and as it is to be',
        required: true,
        schema: {
          type: 'object',
          required: ['old', 'new'],
          properties: { old: { type: 'string' }, new: { type: 'string', minLength: 10 } },
        },
      },
      responses: {
        204: { description: 'Changed' },
        400: refusal.malformed,
        403: refusal.forbidden,
        422: refusal.impossible,
        429: refusal.tooMany,
      },
      handle: (request) => changePassword(door, request),
    },
    {
      method: 'POST',
      path: '/ws-ticket',
      operationId: 'getTicket',
      summary: 'Gives a ticket that opens one WebSocket within 30 seconds',
      description:
        'It is named as one of the subprotocols of the WebSocket, or as `?ticket=` of its address where none can be named.',
      tags,
      responses: {
        200: {
          description: 'The ticket',
          contentType: 'application/json',
          schema: {
            type: 'object',
            required: ['ticket', 'expires'],
            properties: {
              ticket: { type: 'string' },
              expires: { type: 'string', format: 'date-time' },
            },
          },
        },
        401: refusal.unauthenticated,
        429: refusal.tooMany,
      },
      handle({ access }) {
        if (access.principal.kind === 'anonymous') {
          throw new Problem('unauthenticated', 'a ticket is for whoever is known');
        }
        const { ticket, expires } = door.tickets.issue(door.identityOf(access));
        return privately({ ticket, expires: written(expires) });
      },
    },
  ];
}

async function logIn(door: AuthenticationDoor, request: RouteRequest): Promise<RouteReply> {
  refuseNamedOrigins(request);
  const visit = cookieVisit(request, 'POST');
  door.sessions.refuseInTheClear(visit);
  const { cookie } = await openSession(door, request, visit);
  return { status: 204, headers: { 'set-cookie': cookie, 'cache-control': 'no-store' } };
}

/**
 * Logs a page in by what its body holds: name and password, or a guest link.
 *
 * @throws {@link Problem} `unauthenticated`, `too-many-requests`, `bad-request`.
 */
export async function openSession(
  { logins, guestLinks, sessions, audit }: AuthenticationDoor,
  { body, address }: RouteRequest,
  visit: CookieVisit,
): Promise<OpenedSession> {
  const members = new Members(body, ['name', 'password', 'link']);
  const link = members.optionalText('link');
  if (link === undefined) {
    const [name, password] = [members.text('name'), members.text('password')];
    const { id } = await logins.logIn({ name, password, address });
    return startAfresh(sessions, id, visit);
  }
  const { id, expires } = await recordLogin(audit, address, () => {
    const guest = guestLinks.identify(link);
    return { id: guest.principal.id, expires: guest.expires };
  });
  return startAfresh(sessions, id, visit, expires);
}

/** Starts a session. One that the browser had before is over: nobody else's is continued. */
export async function startAfresh(
  sessions: Sessions,
  principal: string,
  visit: CookieVisit,
  expires?: number,
): Promise<OpenedSession> {
  await sessions.end(visit);
  return sessions.start(principal, visit, expires);
}

async function whoAsks(door: AuthenticationDoor, request: RouteRequest): Promise<RouteReply> {
  const { access } = request;
  const { principal, expires } = door.identityOf(access);
  if (principal.kind === 'anonymous') throw new Problem('unauthenticated', 'nobody is logged in');
  const cookie = await door.sessions.rotate(cookieVisit(request, 'GET'));
  const reply = privately({
    ...principal,
    manages: access.manages,
    ...(expires !== undefined && { expires: written(expires) }),
  });
  return cookie === undefined
    ? reply
    : { ...reply, headers: { ...reply.headers, 'set-cookie': cookie } };
}

async function changePassword(
  door: AuthenticationDoor,
  request: RouteRequest,
): Promise<RouteReply> {
  const { people, logins, sessions } = door;
  const { principal, credential } = wholePerson(door, request);
  const members = new Members(request.body, ['old', 'new']);
  const [old, wanted] = [members.text('old'), members.text('new')];
  const { name } = people.get(principal.id);
  await logins.prove({ name, password: old, address: request.address });
  await people.change(principal.id, { password: wanted }, principal.id);
  await sessions.endAll(principal.id, credential);
  recordDone(door, request, { what: 'password.change', on: principal.id });
  return done;
}

/** What a request says of its cookies. */
export function cookieVisit(
  { headers, isSecure, address }: RouteRequest,
  method: string,
): CookieVisit {
  return { method, headers, isSecure, address };
}

import type { Route } from '@thingtalk/core';
import { Members } from './members.ts';
import { privately, refusal } from './replies.ts';
import { refuseNamedOrigins } from './same-origin.ts';
import type { SetupCode } from './setup-code.ts';

/** The row by which the first administrator is made. */
export function setupRoute(setup: SetupCode): Route {
  return {
    method: 'POST',
    path: '/setup',
    operationId: 'setUp',
    records: 'visits',
    summary: 'Makes the first administrator, by the code that the gateway has shown',
    tags: ['Authentication'],
    admits: 'anybody',
    body: {
      description: 'The code, and who the administrator is to be',
      required: true,
      schema: {
        type: 'object',
        required: ['code', 'name', 'password'],
        properties: {
          code: { type: 'string', description: 'Twice eight characters' },
          name: { type: 'string' },
          password: { type: 'string', minLength: 10 },
        },
      },
    },
    responses: {
      201: {
        description: 'The gateway is set up',
        contentType: 'application/json',
        schema: {
          type: 'object',
          required: ['id', 'name'],
          properties: { id: { type: 'string' }, name: { type: 'string' } },
        },
      },
      400: refusal.malformed,
      401: refusal.unauthenticated,
      403: refusal.forbidden,
      409: refusal.conflict,
      422: refusal.impossible,
    },
    async handle(request) {
      refuseNamedOrigins(request);
      const members = new Members(request.body, ['code', 'name', 'password']);
      const { id, name } = await setup.setUp({
        code: members.text('code'),
        name: members.text('name'),
        password: members.text('password'),
        address: request.address,
      });
      return privately({ id, name }, 201);
    },
  };
}

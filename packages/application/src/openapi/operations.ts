import type { Route } from '@thingtalk/core';
import type { JsonSchema } from './json-schema.ts';

/** An operation of an OpenAPI document. */
export type Operation = Readonly<Record<string, unknown>>;

/** The operations of each path, by method in lower case. */
export type Paths = Record<string, Record<string, Operation>>;

/** What every operation may answer besides what it says. */
export const problemResponse = {
  description: 'A problem',
  content: {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  },
};

/** The schema of {@link problemResponse}, RFC 9457. */
export const problemSchema: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    validationErrors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'description'],
        properties: { field: { type: 'string' }, description: { type: 'string' } },
      },
    },
  },
};

/** The path and the operation that a row of the HTTP interface is. */
export function routeOperation(route: Route): {
  readonly path: string;
  readonly operation: Operation;
} {
  const { operationId, summary, description, tags, body } = route;
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return {
    path: route.path.replace(/:(\w+)/g, '{$1}'),
    operation: {
      operationId,
      summary,
      ...(description !== undefined && { description }),
      tags,
      parameters: [
        ...names.map((name) => ({
          name,
          in: 'path',
          required: true,
          ...(route.params?.[name] !== undefined && { description: route.params[name] }),
          schema: { type: 'string' },
        })),
        ...Object.entries(route.query ?? {}).map(([name, { description, schema }]) => ({
          name,
          in: 'query',
          required: false,
          description,
          schema,
        })),
      ],
      ...(body && {
        requestBody: {
          description: body.description,
          required: body.required,
          content: Object.fromEntries(
            (route.consumes ?? ['application/json']).map((type) => [type, { schema: body.schema }]),
          ),
        },
      }),
      responses: responsesOf(route),
    },
  };
}

function responsesOf(route: Route): Operation {
  const responses = Object.entries(route.responses).map(([status, response]) => {
    const { description, contentType, schema = {} } = response;
    if (contentType === 'application/problem+json') {
      return [status, { ...problemResponse, description }] as const;
    }
    return [
      status,
      { description, ...(contentType && { content: { [contentType]: { schema } } }) },
    ] as const;
  });
  return { ...Object.fromEntries(responses), default: problemResponse };
}

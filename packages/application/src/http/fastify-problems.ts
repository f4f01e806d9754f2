import { Problem } from '@thingtalk/core';
import type { FastifyRequest } from 'fastify';
import { jsonTypes, mediaType } from './json-body.ts';

/** Longest path parameter, percent-encoded: an id of 200 characters may take 9 for each. */
export const maxParamLength = 2_048;

/**
 * Refuses a body of a type that the row does not take.
 *
 * @throws {@link Problem} `unsupported-media-type`
 */
export function checkMediaType(request: FastifyRequest, consumes: readonly string[]): void {
  const type = request.headers['content-type'] ?? '';
  if (consumes.includes(type) || consumes.includes(mediaType(type))) return;
  throw unsupported(mediaType(type), consumes);
}

function unsupported(type: string, consumes: readonly string[]): Problem {
  return new Problem(
    'unsupported-media-type',
    `a body of type '${type}' is not taken here; ${consumes.join(', ')} is`,
  );
}

/** What an error of Fastify's own means; `undefined` when it is none. */
export function fastifyProblem(error: unknown, request: FastifyRequest): Problem | undefined {
  switch ((error as { code?: unknown }).code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupported(request.headers['content-type'] ?? '', Object.keys(jsonTypes));
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem(
        'payload-too-large',
        `the body is larger than ${request.routeOptions.bodyLimit} bytes`,
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('bad-request', 'the body is not as long as its Content-Length says');
    case 'FST_ERR_BAD_URL':
      return new Problem('bad-request', `the address '${request.raw.url}' is badly encoded`);
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem(
        'uri-too-long',
        `a part of the address is longer than ${maxParamLength} characters`,
      );
    default:
      return undefined;
  }
}

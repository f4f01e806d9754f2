import { checkRunId, Problem, type RouteRequest } from '@thingtalk/core';

type Headers = RouteRequest['headers'];

/** A header as one text; repeated ones are joined as HTTP says. */
export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** Whether the client wants a stream of server-sent events, which only saying so by name makes clear. */
export function wantsEventStream(headers: Headers): boolean {
  return header(headers, 'accept')?.includes('text/event-stream') === true;
}

/** Whether the client wants to hear it from the device itself, not from the gateway's memory. */
export function wantsFresh(headers: Headers): boolean {
  return header(headers, 'cache-control')?.includes('no-cache') === true;
}

/** Whether `tag` is among the entity tags of a conditional header, compared weakly. */
function lists(condition: string, tag: string): boolean {
  return (
    condition === '*' || condition.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
  );
}

/** Whether the client holds what `tag` stands for already: then 304 is the answer. */
export function isKnown(headers: Headers, tag: string): boolean {
  const condition = header(headers, 'if-none-match');
  return condition !== undefined && lists(condition, tag);
}

/**
 * Refuses a change that was meant for another state.
 *
 * @param tag of the present state; `undefined` when there is none.
 * @throws {@link Problem} `precondition-failed`
 */
export function checkIfMatch(headers: Headers, tag: string | undefined): void {
  const condition = header(headers, 'if-match');
  if (condition === undefined || (tag !== undefined && lists(condition, tag))) return;
  throw new Problem(
    'precondition-failed',
    `If-Match asks for ${condition}, and the present version is ${tag ?? 'none'}`,
  );
}

/**
 * Refuses a change that was meant for where nothing is yet, or not for this state.
 *
 * @param tag of the present state; `undefined` when there is none.
 * @throws {@link Problem} `precondition-failed`
 */
export function checkIfNoneMatch(headers: Headers, tag: string | undefined): void {
  if (tag === undefined || !isKnown(headers, tag)) return;
  throw new Problem('precondition-failed', `If-None-Match excludes the present version ${tag}`);
}

/**
 * The id that a client gave an action so that asking twice starts it once.
 *
 * @throws {@link Problem} `bad-request` when the key is no id.
 */
export function idempotencyKey(headers: Headers): string | undefined {
  const key = header(headers, 'idempotency-key')?.replace(/^"(.*)"$/, '$1');
  return key === undefined ? undefined : checkRunId('Idempotency-Key', key);
}

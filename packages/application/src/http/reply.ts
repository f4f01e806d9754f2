import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type Clock, Problem, type RouteReply } from '@thingtalk/core';

/** Content type of every error, RFC 9457. */
export const problemType = 'application/problem+json';

/** How long a reader of a stream may take to accept what was sent, before it is cut off, in milliseconds. */
const stallMs = 15_000;

/**
 * The reply that a problem is on HTTP: its status in the status line and in the body.
 *
 * @param metadata address of the {@link challengeOf | metadata} for whoever is asked who they are. Default: there is none.
 */
export function problemReply(problem: Problem, metadata?: string): RouteReply {
  const headers: Record<string, string> = {
    'content-type': problemType,
    'cache-control': 'no-store',
  };
  if (problem.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(problem.retryAfterSeconds);
  }
  if (problem.status === 401) headers['www-authenticate'] = challengeOf(problem, metadata);
  return { status: problem.status, headers, body: JSON.stringify(problem) };
}

/**
 * What is asked of whoever has not shown who they are.
 *
 * @param metadata address of what says who gives out tokens for this server.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 | RFC 9728, 5.1}
 */
export function challengeOf(
  { challenge = 'Bearer' }: Problem,
  metadata: string | undefined,
): string {
  if (metadata === undefined || !challenge.startsWith('Bearer')) return challenge;
  return `${challenge}${challenge === 'Bearer' ? '' : ','} resource_metadata="${metadata}"`;
}

/** How a reply is put on the wire. */
export interface SendOptions {
  /** Answers a HEAD: the headers as they would be, without the body. */
  readonly head: boolean;
  /** The connection ends with this reply. */
  readonly close: boolean;
}

/** Whether the body of a reply comes piece by piece. */
export function isStream(body: RouteReply['body']): body is AsyncIterable<string> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

/** Writes a reply at once; of one that streams, the headers only. */
export function send(response: ServerResponse, reply: RouteReply, options: SendOptions): void {
  const { status, body } = reply;
  const lines = headerLines(reply, options.close);
  if (body === undefined && status !== 204 && status !== 304) lines.push('content-length', '0');
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const length = Buffer.byteLength(body);
    lines.push('content-length', String(length));
    response.writeHead(status, lines);
    if (options.head) response.end();
    // As many bytes as characters: plain ASCII, which Node writes faster when told so.
    else if (length === body.length) response.end(body, 'latin1');
    else response.end(body);
  } else {
    response.writeHead(status, lines);
    response.end();
  }
}

/** The headers as one flat list, which node:http writes without looking anything up. */
function headerLines({ headers }: RouteReply, close: boolean): string[] {
  const lines = ['x-content-type-options', 'nosniff'];
  for (const name in headers) lines.push(name, headers[name] ?? '');
  if (close) lines.push('connection', 'close');
  return lines;
}

/** Writes a reply piece by piece, waiting for slow readers, until it ends or the client goes away. */
export async function sendStream(
  response: ServerResponse,
  reply: RouteReply,
  body: AsyncIterable<string>,
  clock: Clock,
): Promise<void> {
  response.writeHead(reply.status, headerLines(reply, false));
  response.flushHeaders();
  const pieces = body[Symbol.asyncIterator]();
  response.once('close', () => void pieces.return?.());
  try {
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) {
      if (!response.write(piece.value)) await drained(response, clock);
    }
    response.end();
  } catch {
    // A stream that fails half way can only be cut: its status is long gone.
    response.destroy();
  }
}

/** Waits until a slow reader has taken what was written; one that takes nothing at all is given up. */
async function drained(response: ServerResponse, clock: Clock): Promise<void> {
  const giveUp = new AbortController();
  const timer = clock.after(stallMs, () =>
    giveUp.abort(new Problem('overloaded', `the reader took nothing for ${stallMs} ms`)),
  );
  const gone = () => giveUp.abort();
  response.once('close', gone);
  try {
    await once(response, 'drain', { signal: giveUp.signal });
  } finally {
    timer.cancel();
    response.off('close', gone);
  }
}

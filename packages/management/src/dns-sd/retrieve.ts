import { isUtf8 } from 'node:buffer';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type JsonLimits, type JsonValue, Problem, parseJson } from '@thingtalk/core';

/** What is fetched, and how much of it. */
export interface Retrieval {
  /** `http:` or `https:`, its host the address that is connected to. */
  readonly url: URL;
  /** What its certificate must be for. */
  readonly host: string;
  readonly maxBytes: number;
  /** What all that is fetched of this address may cost together. */
  readonly allowance: Allowance;
  readonly limits: JsonLimits;
  /** Gives up when it aborts. */
  readonly signal: AbortSignal;
}

/** Bytes that may be fetched in all; a smaller one may be part of a larger. */
export class Allowance {
  readonly #whole: Allowance | undefined;
  #left: number;

  constructor(bytes: number, whole?: Allowance) {
    this.#left = bytes;
    this.#whole = whole;
  }

  get left(): number {
    return Math.min(this.#left, this.#whole?.left ?? this.#left);
  }

  spend(bytes: number): void {
    this.#left -= bytes;
    this.#whole?.spend(bytes);
  }
}

/** JSON that was fetched. */
export interface Retrieved {
  readonly document: JsonValue;
  /** The `Link` header, if there was one. */
  readonly link: string | undefined;
}

/**
 * Fetches JSON from somebody who is not trusted: bounded in size, depth and time, without following a redirect anywhere.
 *
 * @throws {@link Problem} `unprocessable` or `thing-unreachable`, which says what came instead.
 */
export async function retrieveJson(retrieval: Retrieval): Promise<Retrieved> {
  const { url, limits } = retrieval;
  const response = await open(retrieval);
  try {
    const { statusCode: status, headers } = response;
    if (status !== 200) throw refusal(url, `status ${status}`);
    const bytes = await read(response, retrieval);
    if (bytes === undefined) throw refusal(url, 'more bytes than are read');
    if (!isUtf8(bytes)) throw refusal(url, 'bytes that are not UTF-8');
    const link = headers.link;
    return {
      document: parseJson(bytes.toString('utf8'), limits),
      link: Array.isArray(link) ? link.join(', ') : link,
    };
  } finally {
    response.destroy();
  }
}

/** Resolves with the head of the answer. */
function open({ url, host, signal }: Retrieval): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const options = {
      signal,
      // A connection of its own: none is kept open to a stranger.
      agent: false,
      headers: { accept: 'application/td+json, application/ld+json;q=0.9, application/json;q=0.8' },
      ...(isSecure && { servername: host.replace(/\.$/, '') }),
    };
    const request = (isSecure ? requestHttps : requestHttp)(url, options, resolve);
    request.on('error', (cause) => reject(unreachable(url, cause)));
    request.end();
  });
}

/** All bytes of an answer; `undefined` when they are too many. */
async function read(
  response: IncomingMessage,
  { url, maxBytes, allowance }: Retrieval,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      allowance.spend(chunk.length);
      if (length > maxBytes || allowance.left < 0) return undefined;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreachable(url, cause as Error);
  }
  return Buffer.concat(chunks);
}

function refusal(url: URL, what: string): Problem {
  return new Problem('unprocessable', `${url} answered with ${what}`);
}

function unreachable(url: URL, cause: Error): Problem {
  return new Problem('thing-unreachable', `${url} was not read: ${cause.message}`, { cause });
}

import type { IncomingHttpHeaders } from 'node:http';

/** The methods that are plain. */
export type PlainMethod = 'GET' | 'PUT' | 'POST';

/** A request of the plainest kind, read whole. */
export interface PlainRequest {
  readonly method: PlainMethod;
  /** Path and query, as they came. */
  readonly url: string;
  /** By name in lower case, each of them once. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Longest request line and headers that are looked at here, in bytes. */
const maxHead = 8_192;

const requestLine = /^(GET|PUT|POST) (\/[!"$-~]*) HTTP\/1\.1$/;
const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;
const headerValue = /^[\t -~]*$/;
const wholeNumber = /^(?:0|[1-9]\d{0,6})$/;

/** Headers that say how a message is framed, or want something of the connection; and those of pages of other origins. */
const notPlain: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'content-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'http2-settings',
  'origin',
  // Which node:http leaves out.
  '__proto__',
]);

/**
 * Reads requests of the plainest kind: GET, PUT or POST of a path, in printable ASCII, each header once, its body as long as
 * `Content-Length` says, and all of it, and nothing else, in the bytes that came.
 *
 * Whatever leaves room for a second opinion is not plain, so that this grammar can never read a message otherwise than a full
 * parser does: `undefined`, and the full parser has its turn.
 *
 * A client says the same headers over and over: each connection has a reader, which remembers the last.
 */
export class PlainReader {
  #text = '';
  #headers: IncomingHttpHeaders | undefined;

  read(bytes: Buffer): PlainRequest | undefined {
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd < 0 || headEnd > maxHead) return undefined;
    const head = bytes.toString('latin1', 0, headEnd);
    const lineEnd = head.indexOf('\r\n');
    const line = requestLine.exec(head.slice(0, Math.max(lineEnd, 0)));
    const headers = this.#headersIn(head.slice(lineEnd + 2));
    if (line === null || headers === undefined) return undefined;
    const [, method, url = ''] = line as unknown as [string, PlainMethod, string];
    const body = bytes.subarray(headEnd + 4);
    const length = headers['content-length'] ?? '0';
    const isWhole = wholeNumber.test(length) && Number(length) === body.length;
    if (!isWhole || (method === 'GET' && body.length > 0)) return undefined;
    return { method, url, headers, body };
  }

  #headersIn(text: string): IncomingHttpHeaders | undefined {
    if (text !== this.#text) {
      this.#text = text;
      this.#headers = readHeaders(text.split('\r\n'));
    }
    return this.#headers;
  }
}

function readHeaders(lines: readonly string[]): IncomingHttpHeaders | undefined {
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1);
    if (!headerName.test(name) || !headerValue.test(value)) return undefined;
    if (notPlain.has(name) || name in headers) return undefined;
    headers[name] = value.trim();
  }
  return isPlain(headers) ? headers : undefined;
}

function isPlain({ host, connection, accept }: IncomingHttpHeaders): boolean {
  if (host === undefined) return false;
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return false;
  return !accept?.includes('text/event-stream');
}

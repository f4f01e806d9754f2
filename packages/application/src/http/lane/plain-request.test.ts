import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PlainReader } from './plain-request.ts';

const read = (text: string) => new PlainReader().read(Buffer.from(text, 'latin1'));

it('a plain request is read with its headers in lower case, trimmed, and its body', () => {
  const request = read('PUT /a/b?c=d HTTP/1.1\r\nHost:  h:1 \t\r\nContent-Length: 2\r\n\r\n42');
  expect(request).toMatchObject({ method: 'PUT', url: '/a/b?c=d' });
  expect({ ...request?.headers }).toEqual({ host: 'h:1', 'content-length': '2' });
  expect(request?.body.toString()).toBe('42');
});

it('the same headers are read once, and others anew', () => {
  const reader = new PlainReader();
  const get = (path: string, more = '') =>
    reader.read(Buffer.from(`GET ${path} HTTP/1.1\r\nhost: h\r\n${more}\r\n`))?.headers;
  const first = get('/a');
  expect(get('/b')).toBe(first);
  expect(get('/b', 'accept: x\r\n')).toMatchObject({ accept: 'x' });
  expect(get('/b', 'te: x\r\n')).toBeUndefined();
  expect(get('/b', 'te: x\r\n')).toBeUndefined();
});

const host = 'host: h\r\n';

it.each([
  ['half a request', `GET / HTTP/1.1\r\n${host}`],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['another method', `DELETE / HTTP/1.1\r\n${host}\r\n`],
  ['a method in lower case', `get / HTTP/1.1\r\n${host}\r\n`],
  ['a whole address', `GET http://h/ HTTP/1.1\r\n${host}\r\n`],
  ['a fragment', `GET /#a HTTP/1.1\r\n${host}\r\n`],
  ['a space too many', `GET  / HTTP/1.1\r\n${host}\r\n`],
  ['an older protocol', `GET / HTTP/1.0\r\n${host}\r\n`],
  ['a lone line feed', `GET / HTTP/1.1\n${host}\r\n`],
  ['a lone line feed among the headers', `GET / HTTP/1.1\r\nhost: h\na: b\r\n\r\n`],
  ['a lone carriage return', `GET / HTTP/1.1\r\nhost: h\ra: b\r\n\r\n`],
  ['a folded header', `GET / HTTP/1.1\r\n${host}a: b\r\n c\r\n\r\n`],
  ['a space before the colon', `GET / HTTP/1.1\r\nhost : h\r\n\r\n`],
  ['a header without a colon', `GET / HTTP/1.1\r\n${host}a\r\n\r\n`],
  ['a header twice', `GET / HTTP/1.1\r\n${host}Host: i\r\n\r\n`],
  ['bytes beyond ASCII', `GET / HTTP/1.1\r\n${host}a: \xa0\r\n\r\n`],
  ['a NUL', `GET / HTTP/1.1\r\n${host}a: \0\r\n\r\n`],
  ['chunks', `PUT / HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a compressed body', `PUT / HTTP/1.1\r\n${host}content-encoding: gzip\r\n\r\n`],
  ['two lengths in one', `PUT / HTTP/1.1\r\n${host}content-length: 1, 1\r\n\r\nx`],
  ['a signed length', `PUT / HTTP/1.1\r\n${host}content-length: +1\r\n\r\nx`],
  ['a length with a zero before it', `PUT / HTTP/1.1\r\n${host}content-length: 01\r\n\r\nx`],
  ['a body that is short of its length', `PUT / HTTP/1.1\r\n${host}content-length: 2\r\n\r\nx`],
  ['bytes after the body', `PUT / HTTP/1.1\r\n${host}content-length: 1\r\n\r\nxG`],
  ['a body without a length', `PUT / HTTP/1.1\r\n${host}\r\nx`],
  ['a GET with a body', `GET / HTTP/1.1\r\n${host}content-length: 1\r\n\r\nx`],
  ['two requests', `GET / HTTP/1.1\r\n${host}\r\nGET / HTTP/1.1\r\n${host}\r\n`],
  ['an upgrade', `GET / HTTP/1.1\r\n${host}upgrade: websocket\r\n\r\n`],
  ['a last request', `GET / HTTP/1.1\r\n${host}connection: close\r\n\r\n`],
  ['an expectation', `PUT / HTTP/1.1\r\n${host}expect: 100-continue\r\n\r\n`],
  ['a page of another origin', `GET / HTTP/1.1\r\n${host}origin: http://x\r\n\r\n`],
  ['a stream', `GET / HTTP/1.1\r\n${host}accept: text/event-stream\r\n\r\n`],
  ['a very long head', `GET / HTTP/1.1\r\n${host}a: ${'b'.repeat(9_000)}\r\n\r\n`],
])('%s is for the full parser', (_what, text) => {
  expect(read(text)).toBeUndefined();
});

/** node:http as a reader: what it makes of the bytes on one connection, or that it refuses them. */
async function nodeReader() {
  const stack = new AsyncDisposableStack();
  const server = createServer({ requireHostHeader: false }, async (request, response) => {
    const body = (await request.toArray()).join('');
    const { method, url, headers } = request satisfies IncomingMessage;
    response.end(JSON.stringify({ method, url, headers, body }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => server.close() && server.closeAllConnections());
  let socket: Socket | undefined;
  return {
    async read(bytes: Buffer): Promise<unknown> {
      socket ??= connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.write(bytes);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      const [head = '', body = ''] = answer.toString('latin1').split('\r\n\r\n');
      return head.startsWith('HTTP/1.1 200') ? JSON.parse(body) : head;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const nasty = fc.constantFrom(
  ...[
    '\r',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '\0',
    '\x7f',
    '\x80',
    '\xa0',
    ':',
    ',',
    '%',
    '#',
    '?',
    '"',
    '\\',
    '|',
    '<',
    '{',
    '^',
  ],
);
const name = fc.oneof(
  fc.constantFrom(
    'Accept',
    'a',
    'X_Y',
    '__proto__',
    'constructor',
    "!#$%&'*+.^`|~",
    'Cookie',
    'Content-Type',
    'content-length',
    'Connection',
    'if-match',
  ),
  fc.string({ maxLength: 3 }),
);
const value = fc.oneof(
  fc.constantFrom(
    '',
    'b',
    ' b ',
    '\tb\t',
    'keep-alive',
    'Keep-Alive',
    '0',
    '2',
    '02',
    '1;a',
    'b  c',
  ),
  fc.string({ maxLength: 5 }),
  fc.array(nasty, { maxLength: 2 }).map((parts) => `x${parts.join('')}`),
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'POST'),
    path: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.array(nasty, { maxLength: 2 }).map((all) => all.join('')),
    ),
    headers: fc.array(fc.tuple(name, value), { maxLength: 4 }),
    body: fc.string({ maxLength: 3 }),
  })
  .map(({ method, path, headers, body }) => {
    const lines = headers.map(([key, said]) => `${key}: ${said}\r\n`).join('');
    const length = method === 'GET' ? '' : `Content-Length: ${body.length}\r\n`;
    return `${method} /${path} HTTP/1.1\r\nHost: h\r\n${length}${lines}\r\n${method === 'GET' ? '' : body}`;
  });

it('whatever is read here is read the same by node:http', async () => {
  await using node = await nodeReader();
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(request, async (text) => {
      const bytes = Buffer.from(text, 'latin1');
      const plain = new PlainReader().read(bytes);
      if (plain === undefined) return;
      taken++;
      const { method, url, headers, body } = plain;
      const ours = {
        method,
        url,
        headers: Object.fromEntries(Object.entries(headers)),
        body: body.toString(),
      };
      expect(await node.read(bytes)).toEqual(ours);
    }),
    { numRuns: 3_000 },
  );
  // The law says nothing if nothing is taken.
  expect(taken).toBeGreaterThan(300);
});

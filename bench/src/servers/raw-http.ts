/**
 * The floor for HTTP: node:http and nothing else. It does by hand what a Thing server must do: find the property, read
 * the body within a bound, parse it, check it, store it; and it keeps the encoded value as ours does. With `--stores` a
 * write is answered when it is on disk.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, runServer } from './contract.ts';
import { isBrightness } from './lamp.ts';
import { StoredValue } from './stored-value.ts';

const path = '/properties/brightness';
const maxBody = 256 * 1024;
let body = Buffer.from('50');
const stored = process.argv.includes('--stores') ? new StoredValue() : undefined;

const server = createServer((request, response) => {
  if (request.url !== path) return end(response, 404);
  if (request.method === 'GET') return answer(response);
  if (request.method === 'PUT') return take(request, response);
  end(response, 405);
});

function answer(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}

function take(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['content-type'] !== 'application/json') {
    end(response, 415);
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBody) chunks.push(chunk);
  });
  request.on('end', () => {
    if (length > maxBody) return end(response, 413);
    const value = parse(Buffer.concat(chunks).toString());
    if (!isBrightness(value)) return end(response, 400);
    body = Buffer.from(JSON.stringify(value));
    if (stored === undefined) end(response, 204);
    else void stored.write(value).then(() => end(response, 204));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

await runServer({ port: await listen(server), close: () => stored?.[Symbol.dispose]() });

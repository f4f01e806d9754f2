import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect as openTcp } from 'node:net';
import { join } from 'node:path';
import { defineThing } from '@thingtalk/core';
import { build } from 'vite';
import { describe, expect, test } from 'vitest';
import { root } from '../architecture/house.ts';
import { hasChromium, startChromium } from '../support/chromium.ts';
import { startGatewayWorld } from '../support/gateway-world.ts';

/** Nothing but what this origin serves as files: no inline script, no eval, no WebAssembly. */
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'";

const lamp = defineThing(
  'urn:test:lamp',
  { title: 'Lamp', properties: { level: { type: 'integer' } } },
  { initial: { level: 1 } },
);

/** A script in one file, as a bundler for browsers makes it, and the files it is made of. */
async function bundle(entry: string) {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@thingtalk/source', 'browser'] },
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry, formats: ['es'] },
    },
  });
  const [output] = [result].flat();
  if (output === undefined || !('output' in output)) throw new Error('nothing was built');
  const [{ code, modules, imports }] = output.output;
  return { code, imports, files: Object.keys(modules).filter(isFile) };
}

/** A bundler names what it adds itself, as what stands for `using` in older browsers, by a leading NUL. */
function isFile(module: string): boolean {
  return !module.startsWith('\0');
}

/** Serves the page under the policy, and behind it everything else of a gateway, as a reverse proxy does. */
async function serve(script: string, gateway: URL): Promise<Server & AsyncDisposable> {
  const files = new Map([
    [
      '/',
      ['text/html', '<!doctype html><body></body><script type="module" src="/page.js"></script>'],
    ],
    ['/page.js', ['text/javascript', script]],
  ]);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (file !== undefined) {
      const [type = '', text] = file;
      const headers = { 'Content-Type': type, 'Content-Security-Policy': policy };
      response.writeHead(200, headers).end(text);
      return;
    }
    const { method, headers, url: path } = request;
    const at = { host: gateway.hostname, port: gateway.port };
    const onward = httpRequest({ ...at, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('upgrade', ({ url, rawHeaders }, socket) => {
    const onward = openTcp({ host: gateway.hostname, port: Number(gateway.port) });
    const fields = rawHeaders.reduce(
      (text, part, at) => text + part + (at % 2 === 0 ? ': ' : '\r\n'),
      '',
    );
    onward.write(`GET ${url} HTTP/1.1\r\n${fields}\r\n`);
    onward.pipe(socket).pipe(onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  });
}

describe.skipIf(!hasChromium())('in Chromium, under a policy without eval', () => {
  test('a page exposes and consumes a Thing of its own, and uses one of the gateway', {
    timeout: 60_000,
  }, async () => {
    const { code } = await bundle(join(import.meta.dirname, 'browser-page/page.ts'));
    await using world = await startGatewayWorld({}, { expose: [lamp] });
    await using server = await serve(code, new URL(world.gateway.httpUrl));
    await using browser = await startChromium();
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/`);
    await page
      .waitForFunction(() => document.title === 'done', undefined, { timeout: 30_000 })
      .catch((error) => {
        throw new Error(wrong.join('\n') || String(error));
      });
    expect(JSON.parse(String(await page.textContent('body')))).toEqual({
      inside: { level: 40, refused: 'data-schema-mismatch' },
      outside: [1, 7],
      isEvalForbidden: true,
    });
  });
});

test('the SDK brings no code but its own', { timeout: 60_000 }, async () => {
  const sources = join(root, 'packages/client/src/');
  const { imports, files } = await bundle(join(sources, 'index.ts'));
  expect(imports).toEqual([]);
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !file.startsWith(sources))).toEqual([]);
});

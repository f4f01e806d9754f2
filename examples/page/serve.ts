import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { Route } from '@thingtalk/core';

const here = import.meta.dirname;
const client = dirname(createRequire(import.meta.url).resolve('@thingtalk/client'));

/**
 * The page as rows for a gateway's HTTP server: `startGateway({ security: 'demo' }, { routes: pageRoutes })`, then open `/page/index.html`.
 *
 * It needs no build: the page and the client are served as they stand, their types stripped.
 */
export const pageRoutes: readonly Route[] = [
  ...readdirSync(here).map((file) => fileRoute('/page', here, file)),
  ...readdirSync(client).map((file) => fileRoute('/page/client', client, file)),
].filter((route) => !/\.(test|d)\.ts$/.test(route.path));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
};

function fileRoute(path: string, folder: string, file: string): Route {
  return {
    method: 'GET',
    path: `${path}/${file}`,
    operationId: `get ${path}/${file}`,
    summary: `A file of the example page: ${file}`,
    tags: ['Example'],
    responses: { 200: { description: 'The file' } },
    handle() {
      const text = readFileSync(join(folder, file), 'utf8');
      const type = types[extname(file)] ?? 'text/plain';
      const body = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
      return { status: 200, headers: { 'content-type': type }, body };
    },
  };
}

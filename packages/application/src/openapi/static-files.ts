import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Problem, type RouteReply } from '@thingtalk/core';
import { docsInit, docsPage, docsRedirectPage, docsStyle } from './docs-page.ts';
import type { PageNotice } from './page-notice.ts';

/** Nothing comes from elsewhere, and no script stands in a page. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Swagger UI's icons are in its style sheet.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';

/**
 * A page for people.
 *
 * @param openers with which pages it shares a window group: those that opened it, or that it opens. Default: those of this server
 * that say the same.
 */
export function htmlReply(html: string, openers = 'same-origin'): RouteReply {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-opener-policy': openers,
      'cross-origin-resource-policy': 'same-origin',
      // With no-referrer a browser would call the origin of the page's forms 'null'.
      'referrer-policy': 'same-origin',
      'cache-control': 'private, no-cache',
    },
    body: html,
  };
}

/** The page with the documents, and what it loads: Swagger UI as it was installed, and a few lines of our own. */
export class DocsFiles {
  readonly #own: ReadonlyMap<string, readonly [type: string, text: string]> = new Map([
    ['init.js', [script, docsInit]],
    ['style.css', [style, docsStyle]],
  ]);
  readonly #installed: ReadonlyMap<string, string> = new Map([
    ['swagger-ui.css', style],
    ['swagger-ui-bundle.js', script],
    ['oauth2-redirect.js', script],
    ['favicon-32x32.png', 'image/png'],
  ]);
  readonly #read = new Map<string, Promise<Buffer>>();

  /** The page itself. */
  page(title: string, notice?: PageNotice): RouteReply {
    // It opens the page where a person allows it something by OAuth.
    return htmlReply(docsPage(title, notice), 'same-origin-allow-popups');
  }

  /** @throws {@link Problem} `not-found` */
  async file(name: string): Promise<RouteReply> {
    // It is reached from there, and has to find the page that waits for it.
    if (name === 'oauth2-redirect.html') return htmlReply(docsRedirectPage, 'unsafe-none');
    const own = this.#own.get(name);
    if (own !== undefined) return this.#reply(own[0], own[1]);
    const type = this.#installed.get(name);
    if (type === undefined) throw new Problem('not-found', `there is no file '${name}' here`);
    const bytes = this.#read.get(name) ?? readInstalled(name);
    this.#read.set(name, bytes);
    return this.#reply(type, await bytes);
  }

  #reply(type: string, body: string | Buffer): RouteReply {
    return {
      status: 200,
      headers: {
        'content-type': type,
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'public, max-age=3600',
      },
      body,
    };
  }
}

function readInstalled(name: string): Promise<Buffer> {
  const require = createRequire(import.meta.url);
  return readFile(join(dirname(require.resolve('swagger-ui-dist/package.json')), name));
}

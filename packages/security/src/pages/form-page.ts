import { hash } from 'node:crypto';
import type { Problem, RouteReply } from '@thingtalk/core';

const style =
  'body{font:1rem/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'h1{font-size:1.6rem}label{display:block;margin:1rem 0 .25rem}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}' +
  'button{font:inherit;padding:.5rem 1.5rem;margin:1.5rem .5rem 0 0}.wrong{color:#a00}.hint{opacity:.75;font-size:.9rem;margin:.25rem 0}' +
  '@media(prefers-color-scheme:dark){body{color:#ddd;background:#222}a{color:#8cf}.wrong{color:#f88}}';
const styleHash = hash('sha256', style, 'base64');

/** What a {@link formPage} shows. */
export interface FormPage {
  /** Text. */
  readonly title: string;
  /** HTML. */
  readonly content: string;
  /** What was wrong with the last try. */
  readonly wrong?: Problem | undefined;
  /** Where else the form may lead, as a source of the Content Security Policy. Default: nowhere but here. */
  readonly leadsTo?: string;
}

/** A page with a form, for people who may have no scripts: there are none in it, and nothing from elsewhere. */
export function formPage({ title, content, wrong, leadsTo = '' }: FormPage): RouteReply {
  const shown = escaped(title);
  const refusal =
    wrong === undefined ? '' : `<p class="wrong" role="alert">${escaped(wrong.detail)}</p>`;
  return {
    status: wrong?.status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // With no-referrer a browser would call the origin of the form 'null'.
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${`'self' ${leadsTo}`.trim()}; frame-ancestors 'none'; base-uri 'none'`,
    },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${shown}</title><style>${style}</style></head><body>
<h1>${shown}</h1>
${refusal}${content}</body></html>`,
  };
}

/** A labelled line of a form. */
export function field(name: string, label: string, attributes: string): string {
  return `<label for="${name}">${escaped(label)}</label><input id="${name}" name="${name}" ${attributes}>`;
}

/** Text as it may stand in HTML, in attributes too. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

import type { ThingRecord } from '@thingtalk/core';
import { thingSegment } from '../td/thing-path.ts';
import { escapeHtml } from './escape-html.ts';
import type { ApiInfo } from './openapi-document.ts';
import { noticeLine, type PageNotice } from './page-notice.ts';

/** How many Things the page lists. */
const maxListed = 200;

/** What somebody sees who opens the server in a browser: what it is, and which Things are here. */
export function landingPage(
  info: ApiInfo,
  things: readonly ThingRecord[],
  mount: string,
  notice?: PageNotice,
): string {
  const title = escapeHtml(info.title);
  const listed = things.slice(0, maxListed);
  const more = things.length - listed.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header class="bar"><a href="/">${title}</a><nav>
<a href="/docs">API</a><a href="${mount}">Things</a><a href="/asyncapi.json">AsyncAPI</a>
</nav></header>
${noticeLine(notice)}<main class="page">
<h1>${title}</h1>
<p>${escapeHtml(info.description)}</p>
<table>
<thead><tr><th>Thing</th><th>Id</th><th>State</th><th></th></tr></thead>
<tbody>
${listed.map((record) => row(record, mount)).join('\n')}
</tbody>
</table>
${more > 0 ? `<p>and ${more} more</p>` : ''}
</main>
</body>
</html>
`;
}

function row(record: ThingRecord, mount: string): string {
  const { online } = record.liveness;
  const path = `${mount}/${thingSegment(record.id)}`;
  const links = [
    `<a href="/docs?thing=${encodeURIComponent(record.id)}">try it</a>`,
    `<a href="${path}/properties">values</a>`,
    `<a href="${path}">description</a>`,
  ].join(' · ');
  return `<tr${online ? '' : ' class="offline"'}><td>${escapeHtml(String(record.td.title))}</td><td><code>${escapeHtml(record.id)}</code></td><td>${online ? 'online' : 'offline'}</td><td>${links}</td></tr>`;
}

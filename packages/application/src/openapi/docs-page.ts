import { escapeHtml } from './escape-html.ts';
import { noticeLine, type PageNotice } from './page-notice.ts';

/** The page that shows `/openapi.json` and lets people try it. */
export function docsPage(title: string, notice?: PageNotice): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}: API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<header class="bar"><a href="/">${escapeHtml(title)}</a><nav>
<a href="/things">Things</a><a href="/openapi.json">OpenAPI</a><a href="/asyncapi.json">AsyncAPI</a>
</nav></header>
${noticeLine(notice)}<main id="api"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/init.js"></script>
</body>
</html>
`;
}

/**
 * Starts Swagger UI; `/docs?thing=ID` shows that Thing. A token that is entered there reads the document anew, since it has the
 * Things that its reader may see; it is in the memory of the page alone.
 */
export const docsInit = `'use strict';
const dark = matchMedia('(prefers-color-scheme: dark)');
const dress = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', dress);
dress();
const url = '/openapi.json' + location.search;
let token;
const readAs = (next) => {
  if (next === token) return;
  token = next;
  ui.specActions.download(url);
};
const ui = SwaggerUIBundle({
  url,
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'list',
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  oauth2RedirectUrl: location.origin + '/docs/oauth2-redirect.html',
  requestInterceptor: (request) => {
    if (request.loadSpec && token) request.headers.Authorization = 'Bearer ' + token;
    return request;
  },
  plugins: [{
    statePlugins: {
      auth: {
        wrapActions: {
          authorize: (act) => (given) => {
            const done = act(given);
            if (given.bearer) readAs(given.bearer.value);
            return done;
          },
          logout: (act) => (names) => {
            const done = act(names);
            if (names.includes('bearer')) readAs(undefined);
            return done;
          },
        },
      },
    },
  }],
});
ui.initOAuth({ usePkceWithAuthorizationCodeGrant: true });
`;

/** Where a person comes back to who allowed the page something by OAuth; Swagger UI does the rest. */
export const docsRedirectPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Signed in</title>
</head>
<body>
<script src="/docs/oauth2-redirect.js"></script>
</body>
</html>
`;

/** The few things that are not Swagger UI's: the bar on top, and the landing page. */
export const docsStyle = `:root { color-scheme: light dark; --ink: #1b2733; --paper: #fff; --line: #d9e0e6; --accent: #0b6e99; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --paper: #1c2022; --line: #3a4147; --accent: #5cc2ee; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
a { color: var(--accent); }
.bar { display: flex; justify-content: space-between; gap: 1rem; padding: .7rem 1.5rem; border-bottom: 1px solid var(--line); }
.bar > a { font-weight: 600; text-decoration: none; color: var(--ink); }
.bar nav { display: flex; gap: 1.2rem; }
.notice { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding: .5rem 1.5rem; border-bottom: 1px solid var(--line); font-size: .9rem; }
.notice form { margin: 0; }
.notice button { font: inherit; padding: .2rem .8rem; }
.page { max-width: 60rem; margin: 2rem auto; padding: 0 1.5rem; }
.page h1 { margin: 0 0 .3rem; }
.page table { width: 100%; border-collapse: collapse; margin-top: 1.5rem; }
.page th, .page td { text-align: left; padding: .5rem .6rem; border-bottom: 1px solid var(--line); }
.page code { font-size: .85em; }
.offline { opacity: .55; }
@media (max-width: 600px) { .page th:nth-child(2), .page td:nth-child(2) { display: none; } }
`;

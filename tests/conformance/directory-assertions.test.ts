import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type DirectoryWorld,
  describedThing,
  startDirectoryWorld,
} from '../support/directory-world.ts';

// Ids and clauses are those of https://www.w3.org/TR/2023/REC-wot-discovery-20231205/: each assertion has an id there.

let world: DirectoryWorld;
beforeAll(async () => {
  world = await startDirectoryWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Every MUST of sections 6.2 and 7, by its id. */
const musts = [
  'introduction-well-known-path',
  'introduction-well-known-thing-description',
  'exploration-directory-description-type',
  'exploration-link-description-type',
  'exploration-link-description-link',
  'exploration-secboot-401',
  'exploration-server-http-method',
  'exploration-server-http-resp',
  'exploration-server-http-resp-content-type',
  'exploration-server-http-resp-json',
  'exploration-server-http-head',
  'exploration-server-coap-method',
  'exploration-server-coap-resp',
  'tdd-context-injection',
  'tdd-absolute-time',
  'tdd-registrationinfo-vocab-expires',
  'tdd-registrationinfo-vocab-ttl',
  'tdd-anonymous-td-identifier',
  'tdd-http-error-response',
  'tdd-http-error-response-utf-8',
  'tdd-http-head',
  'tdd-things-list-only',
  'tdd-things-read-only-auth',
  'tdd-things-default-representation',
  'tdd-things-create-known-vs-anonymous',
  'tdd-things-create-known-td',
  'tdd-things-create-known-td-resp',
  'tdd-things-create-anonymous-td',
  'tdd-things-create-anonymous-id',
  'tdd-things-create-anonymous-td-resp',
  'tdd-things-retrieve',
  'tdd-things-retrieve-resp',
  'tdd-things-retrieve-resp-content-type',
  'tdd-things-update',
  'tdd-things-update-resp',
  'tdd-things-update-partial',
  'tdd-things-update-partial-mergepatch',
  'tdd-things-update-partial-contenttype',
  'tdd-things-update-partial-partialtd',
  'tdd-things-update-partial-resp',
  'tdd-things-delete',
  'tdd-things-delete-resp',
  'tdd-things-list-method',
  'tdd-things-list-resp',
  'tdd-things-list-resp-content-type',
  'tdd-things-list-pagination-header-nextlink',
  'tdd-things-list-pagination-header-nextlink-attr',
  'tdd-things-list-pagination-header-nextlink-base',
  'tdd-things-list-pagination-header-canonicallink',
  'tdd-things-list-pagination-order-default',
  'tdd-things-list-pagination-orderable',
  'tdd-things-list-pagination-order-unsupported',
  'tdd-things-list-pagination-order-nextlink',
  'tdd-things-list-pagination-order-utf-8',
  'tdd-validation-result',
  'tdd-validation-response',
  'tdd-validation-response-utf-8',
  'tdd-notification-sse',
  'tdd-notification-event-types',
  'tdd-notification-filter-type',
  'tdd-notification-data',
  'tdd-notification-data-td-id',
  'tdd-notification-data-update-id',
  'tdd-notification-data-delete-diff',
  'tdd-search-sparql-version',
  'tdd-search-sparql-method-get',
  'tdd-search-sparql-resp-select-ask',
  'tdd-search-sparql-resp-describe-construct',
  'tdd-search-sparql-error',
  'tdd-search-sparql-federation-version',
] as const;

/** Those that bind only who offers what this directory does not, and what it does not offer. */
const unbound: Partial<Record<(typeof musts)[number], string>> = {
  'exploration-secboot-401': 'a TD that is public and leads to more for who says who he is',
  'exploration-server-coap-method': 'TDs over CoAP',
  'exploration-server-coap-resp': 'TDs over CoAP',
  'tdd-things-read-only-auth': 'a directory that some may only read',
};

/** The ids in the names of the tests beside this one. */
function named(): ReadonlySet<string> {
  const here = import.meta.dirname;
  const names = readdirSync(here)
    .filter((file) => /^directory.*\.test\.ts$/.test(file))
    .flatMap((file) => readFileSync(`${here}/${file}`, 'utf8').match(/\b(?:it|describe)\('.*/g));
  return new Set(names.join('\n').match(/\b(?:introduction|exploration|tdd)-[a-z\d-]+/g));
}

it('each MUST is named by a test, or binds only who offers what is not offered here', () => {
  const tested = named();
  expect(musts.filter((id) => !tested.has(id))).toEqual(Object.keys(unbound));
});

const ids = async (response: Response) =>
  ((await response.json()) as { id: string }[]).map(({ id }) => id);

describe('what every answer keeps', () => {
  it('exploration-server-http-resp-json, tdd-things-default-representation: "The default serialization format for all request and success response bodies MUST be JSON, with JSON-LD 1.1 syntax"', async () => {
    await world.send('PUT', '/things/urn:one', describedThing('urn:one'));
    for (const at of ['/.well-known/wot', '/things/urn:one', '/things?limit=1']) {
      for (const accept of ['*/*', 'text/html', 'application/json']) {
        const response = await world.fetch(at, { headers: { accept } });
        expect(response.headers.get('content-type')).toMatch(/^application\/(td|ld)\+json$/);
        const [td] = [await response.json()].flat();
        expect(td).toHaveProperty('@context');
      }
    }
  });

  it('tdd-validation-response-utf-8: "All validation error responses described using Problem Details MUST be encoded using UTF-8"', async () => {
    const response = await world.send('POST', '/things', { title: 7, 'ä💡': 1 });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await response.bytes());
    expect(JSON.parse(text).validationErrors.length).toBeGreaterThan(0);
  });

  it('tdd-things-crud, tdd-things-crudl: "Full HTTP directories SHOULD implement all of CRUDL (create, read, update, delete, and list) interfaces"', async () => {
    const id = 'urn:crudl';
    const at = `/things/${id}`;
    const status = async (method: string, body?: object) =>
      (body === undefined ? await world.fetch(at, { method }) : await world.send(method, at, body))
        .status;
    expect(await status('PUT', describedThing(id))).toBe(201);
    expect(await status('GET')).toBe(200);
    expect(await status('PUT', describedThing(id, { title: 'Two' }))).toBe(204);
    expect(await ids(await world.fetch('/things'))).toContain(id);
    expect(await status('DELETE')).toBe(204);
    expect(await status('GET')).toBe(404);
    expect(await ids(await world.fetch('/things'))).not.toContain(id);
  });
});

it('exploration-link-description-type, exploration-link-description-link: a ThingLink that is registered is served as one, its link as it was', async () => {
  const id = 'urn:link';
  const links = [{ rel: 'describedby', href: 'http://10.0.0.8/td', type: 'application/td+json' }];
  const registered = describedThing(id, { '@type': 'ThingLink', links });
  expect((await world.send('PUT', `/things/${id}`, registered)).status).toBe(201);
  const served = await (await world.fetch(`/things/${id}`)).json();
  expect(served).toMatchObject({ '@type': 'ThingLink', links });
  expect((served as { '@context': unknown })['@context']).toContain(
    'https://www.w3.org/2022/wot/discovery',
  );
});

describe('tdd-http-unsupported-feature: what is not offered is 501, and says so', () => {
  it.each([
    ['GET', '/search/sparql?query=SELECT'],
    ['GET', '/search/sparql?query=nonsense'],
    ['HEAD', '/search/sparql?query=ASK'],
    ['POST', '/search/sparql'],
    ['GET', '/search/xpath?query=a'],
    ['GET', '/things?sort_by=/title'],
    ['GET', '/things?sort_by=properties&sort_order=asc'],
    ['GET', '/things?limit=1&sort_order=desc'],
  ])('%s %s', async (method, at) => {
    const response = await world.fetch(at, { method });
    expect(response.status).toBe(501);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    if (method !== 'HEAD') expect((await response.json()) as object).toHaveProperty('detail');
  });

  it('tdd-things-list-pagination-orderable, tdd-things-list-pagination-order-nextlink, tdd-things-list-pagination-order-utf-8: no order but that of the ids, by code points, and no link to another', async () => {
    const refused = await world.fetch('/things?limit=1&sort_by=title');
    expect([refused.status, refused.headers.get('link')]).toEqual([501, null]);
    const page = await world.fetch('/things?limit=1');
    expect(page.headers.get('link')).not.toContain('sort_');
  });

  it('tdd-search-sparql-version, tdd-search-sparql-method-get, tdd-search-sparql-resp-select-ask, tdd-search-sparql-resp-describe-construct, tdd-search-sparql-error, tdd-search-sparql-federation-version: no query of SPARQL is taken, whatever its form', async () => {
    for (const query of ['SELECT *', 'ASK {}', 'CONSTRUCT {}', 'DESCRIBE ?a', 'DROP ALL']) {
      const at = `/search/sparql?query=${encodeURIComponent(query)}`;
      expect((await world.fetch(at)).status).toBe(501);
    }
  });
});

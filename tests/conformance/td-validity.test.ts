import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { httpForms, TdRenderer } from '@thingtalk/application';
import { parseThingDescription, ShapeCache, ThingId, type ThingRecord } from '@thingtalk/core';
import { expect, it } from 'vitest';
import { lamp, startHttpWorld } from '../support/http-world.ts';

// The W3C's own tools: the JSON Schema of TD 1.1 (strict and with all defaults written out), the playground's further
// checks, and the assertions of the TD 1.1 test suite. JSON-LD processing would fetch contexts: it is left out.

const require = createRequire(import.meta.url);
const playground = require('@thing-description-playground/core') as {
  tdValidator(
    td: string,
    log: (line: string) => void,
    options: object,
  ): Promise<{ report: Record<string, string | null>; details: Record<string, string | null> }>;
};
const { tdAssertions } = require('@thing-description-playground/assertions') as {
  tdAssertions(
    tds: readonly string[],
    load: (path: string) => Promise<Buffer>,
    log: (line: string) => void,
  ): Promise<readonly { readonly ID: string; readonly Status: string; readonly Comment: string }[]>;
};

const tdSchema = require.resolve('@thing-description-playground/core/td-schema.json');
const load = (path: string) => readFile(path.endsWith('td-schema.json') ? tdSchema : path);

async function expectValid(td: string): Promise<void> {
  const lines: string[] = [];
  const { report, details } = await playground.tdValidator(td, (line) => lines.push(line), {
    checkDefaults: true,
    checkJsonLd: false,
    checkTmConformance: false,
  });
  const wrong = Object.entries({ ...report, ...details }).filter(
    ([, result]) => result === 'failed' || result === 'warning',
  );
  expect([wrong, wrong.length === 0 ? [] : lines]).toEqual([[], []]);
  expect(report).toMatchObject({ json: 'passed', schema: 'passed', defaults: 'passed' });

  const assertions = await tdAssertions([td], load, () => {});
  expect(assertions.length).toBeGreaterThan(100);
  expect(assertions.filter(({ Status }) => Status === 'fail')).toEqual([]);
}

it('the TD of the lamp passes the W3C schema, the playground and the assertions', async () => {
  await using world = await startHttpWorld();
  await expectValid(await (await world.fetch(`/things/${lamp.id}`)).text());
});

it('every TD in the list passes', async () => {
  await using world = await startHttpWorld();
  const tds = (await (await world.fetch('/things')).json()) as object[];
  expect(tds).toHaveLength(1);
  for (const td of tds) await expectValid(JSON.stringify(td));
});

it('a TD with nothing but a title passes, and so does one with an awkward id and names', async () => {
  const renderer = new TdRenderer([httpForms]);
  const renderTd = (id: string, td: object) => {
    const parsed = parseThingDescription({ ...td }, { id: ThingId(id) });
    const { head, shape } = new ShapeCache().split(parsed);
    const record = { id: ThingId(id), level: id, head, shape } as ThingRecord;
    return renderer.render(record, 'http://[::1]:8080');
  };
  await expectValid(renderTd('urn:dev:bare', { title: 'Bare' }));
  await expectValid(
    renderTd('https://example.org/things/a?b=c#d', {
      title: 'Awkward "names"',
      properties: { 'a b/c%': { type: 'string' }, ünï: { type: 'null', readOnly: true } },
      events: { 'x\\y': {} },
    }),
  );
});

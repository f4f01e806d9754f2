import {
  defineThing,
  MemoryBus,
  openThings,
  type Route,
  type RouteRequest,
  Servient,
} from '@thingtalk/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricsRoute } from './metrics-route.ts';
import { Tally } from './tally.ts';

const route = (path: string): Route => ({
  method: 'GET',
  path,
  operationId: path,
  summary: '',
  tags: [],
  responses: {},
  handle: () => ({ status: 204 }),
});

async function page(tally: Tally): Promise<readonly string[]> {
  await using bus = new MemoryBus();
  await using twins = await openThings({ bus });
  const { things } = twins;
  const stop = things.watch('all', (note) => tally.countNote(note));
  const servient = new Servient({ bus });
  const lamp = await servient.expose(defineThing('urn:dev:lamp', { title: 'Lamp' }));
  await servient.expose(defineThing('urn:dev:door', { title: 'Door' }));
  await lamp.drain();
  const row = metricsRoute({ tally, things, sockets: () => 7, version: '1.2.3' });
  const { body, headers } = await row.handle({} as RouteRequest);
  stop();
  expect(headers?.['content-type']).toMatch(/^text\/plain/);
  return String(body).split('\n');
}

describe('the page of metrics', () => {
  it('tells requests by route and status, Things by liveness, sockets, and the process', async () => {
    const tally = new Tally();
    const things = route('/things/:id');
    tally.countRequest(things, 200, 0.4);
    tally.countRequest(things, 200, 3);
    tally.countRequest(things, 404, 99_999);
    const lines = await page(tally);
    const name = 'thingtalk_http_request_duration_seconds';
    const ok = 'method="GET",route="/things/:id",status="200"';
    const lost = 'method="GET",route="/things/:id",status="404"';
    expect(lines).toEqual(
      expect.arrayContaining([
        'thingtalk_things{online="true"} 1',
        'thingtalk_things{online="false"} 1',
        'thingtalk_websockets 7',
        'thingtalk_info{version="1.2.3"} 1',
        'thingtalk_notes_total{kind="created"} 2',
        `${name}_bucket{${ok},le="0.0005"} 1`,
        `${name}_bucket{${ok},le="0.0025"} 1`,
        `${name}_bucket{${ok},le="0.005"} 2`,
        `${name}_bucket{${ok},le="+Inf"} 2`,
        `${name}_count{${ok}} 2`,
        `${name}_bucket{${lost},le="2.5"} 0`,
        `${name}_bucket{${lost},le="+Inf"} 1`,
      ]),
    );
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total '))).toBe(true);
  });

  it('never counts a request in two buckets, nor loses one', () => {
    const durations = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }));
    void fc.assert(
      fc.property(durations, (all) => {
        const tally = new Tally();
        const row = route('/');
        for (const ms of all) tally.countRequest(row, 200, ms);
        const [requests] = tally.requests;
        const counted = (requests?.buckets ?? []).reduce((sum, count) => sum + count, 0);
        expect(requests?.count ?? 0).toBe(all.length);
        expect(counted).toBe(all.filter((ms) => ms <= 2_500).length);
      }),
    );
  });
});

import { expect, test } from 'vitest';
import { connect } from './index.ts';
import { TestGateway } from './testing-gateway.ts';

/** A gateway whose action `fade` goes through these states, one each time it is asked. */
async function fading(...states: readonly object[]) {
  const gateway = await TestGateway.start();
  const answers = states.map((state) => JSON.stringify({ href: '/fade/1', ...state }));
  gateway.routes.set('POST /fade', (response) =>
    response.writeHead(201, { Location: '/fade/1' }).end(answers.shift()),
  );
  gateway.routes.set('GET /fade/1', (response) =>
    response.end(answers.length > 1 ? answers.shift() : answers[0]),
  );
  return gateway;
}

test('a run ends with its output, and tells of its progress on the way', async () => {
  await using gateway = await fading(
    { status: 'pending' },
    { status: 'running', progress: 0.5 },
    { status: 'completed', output: 42 },
  );
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade', { level: 1 });
  const heard: unknown[] = [];
  run.onStatus(({ status, progress }) => heard.push([status, progress]));
  expect(await run.ended).toBe(42);
  expect(heard).toEqual([
    ['running', 0.5],
    ['completed', undefined],
  ]);
});

test("a run that fails rejects with the Thing's problem", async () => {
  const error = { type: 'urn:thingtalk:problem:action-cancelled', status: 409, detail: 'no more' };
  await using gateway = await fading({ status: 'running' }, { status: 'failed', error });
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade');
  await expect(run.ended).rejects.toMatchObject({ name: 'action-cancelled', detail: 'no more' });
});

test('a run is cancelled where it lives', async () => {
  await using gateway = await fading({ status: 'running' });
  gateway.routes.set('DELETE /fade/1', (response) => response.writeHead(204).end());
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade');
  await run.cancel();
  expect(gateway.requests.at(-1)).toBe('DELETE /fade/1');
});

test('a run outlives a gateway that is away for a moment', async () => {
  await using gateway = await fading({ status: 'running' }, { status: 'completed', output: 1 });
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade');
  await gateway.kill();
  const { ended } = run;
  await expect(run.query()).rejects.toMatchObject({ name: 'gateway-unreachable' });
  await gateway.listen();
  expect(await ended).toBe(1);
});

test('a run nobody knows any more ends with the problem', async () => {
  await using gateway = await fading({ status: 'running' });
  gateway.routes.set('GET /fade/1', (response) => response.writeHead(404).end());
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade');
  await expect(run.ended).rejects.toMatchObject({ name: 'not-found', status: 404 });
});

test('a synchronous action has ended when it is answered', async () => {
  await using gateway = await TestGateway.start();
  gateway.routes.set('POST /fade', (response, body) => response.end(body));
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade', [1]);
  expect(run.status.status).toBe('completed');
  expect(await run.ended).toEqual([1]);
  await expect(run.cancel()).rejects.toMatchObject({ name: 'action-ended' });
});

test('an action without input is sent an empty body', async () => {
  await using gateway = await TestGateway.start();
  const bodies: string[] = [];
  gateway.routes.set('POST /fade', (response, body) => {
    bodies.push(body);
    response.writeHead(204).end();
  });
  using client = await connect(gateway.url);
  const run = await (await client.consume(gateway.id)).invokeAction('fade');
  expect(await run.ended).toBeUndefined();
  expect(bodies).toEqual(['']);
});

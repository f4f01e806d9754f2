import { FakeClock } from '@thingtalk/core/testing';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type Client, type ConnectionStatus, connect } from './index.ts';
import { ear, fast } from './testing-ear.ts';
import { TestGateway } from './testing-gateway.ts';

function reached(client: Client, state: ConnectionStatus['state']): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = client.onStatus((status) => status.state === state && resolve());
  return promise.finally(stop);
}

test('a listener hears the present value, then each change', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const { heard, hear, until } = ear<unknown>();
  await lamp.observeProperty('level', hear);
  expect(heard).toEqual([50]);
  gateway.change('level', 60);
  gateway.change('level', 70);
  await until(70);
  expect(heard).toEqual([50, 60, 70]);
});

test('a second listener hears the value that is known, without asking again', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  await lamp.observeAll();
  const frames = gateway.frames.length;
  const { heard, hear } = ear<unknown>();
  await lamp.observeProperty('level', hear);
  await (await client.consume(gateway.id)).observeProperty('level', hear);
  expect(heard).toEqual([50, 50]);
  expect(gateway.frames.length).toBe(frames);
});

test('live values follow all properties', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const { hear, until } = ear<unknown>();
  using _watching = await lamp.observeAll(hear);
  expect(lamp.live).toEqual({ on: true, level: 50 });
  gateway.change('on', false);
  await until({ name: 'on', value: false });
  expect(lamp.live).toEqual({ on: false, level: 50 });
});

test('one socket serves all that is observed, and closes when nothing is', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  expect(client.status.state).toBe('idle');
  const lamp = await client.consume(gateway.id);
  const first = await lamp.observeProperty('level', () => {});
  const second = await lamp.subscribeEvent('overheated', () => {});
  expect(gateway.connections).toBe(1);
  first.stop();
  expect(client.status.state).toBe('connected');
  second.stop();
  expect(client.status.state).toBe('idle');
  await vi.waitFor(() => expect(gateway.connections).toBe(0));
});

test('a listener that is stopped hears nothing more, and the others still do', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const one = ear<unknown>();
  const two = ear<unknown>();
  const stopped = await lamp.observeProperty('level', one.hear);
  await lamp.observeProperty('level', two.hear);
  stopped.stop();
  stopped.stop();
  gateway.change('level', 1);
  await two.until(1);
  expect(one.heard).toEqual([50]);
});

test('after a lost connection listeners hear the value they do not have yet', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url, fast);
  const lamp = await client.consume(gateway.id);
  const level = ear<unknown>();
  const on = ear<unknown>();
  await lamp.observeProperty('level', level.hear);
  await lamp.observeProperty('on', on.hear);
  await gateway.kill();
  await reached(client, 'waiting');
  gateway.values.level = 99;
  await gateway.listen();
  await level.until(99);
  expect(on.heard).toEqual([true]);
  gateway.change('on', false);
  await on.until(false);
});

test('a snapshot never overwrites a notification that overtook it', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  gateway.mode = 'ignore';
  const { heard, hear, until } = ear<unknown>();
  const observed = lamp.observeProperty('level', hear);
  const subscribe = await gateway.frame('observeproperty');
  const read = await gateway.frame('readmultipleproperties');
  gateway.change('level', 2);
  await until(2);
  const answer = { thingID: gateway.id, messageType: 'response' };
  gateway.send({ ...answer, correlationID: read.correlationID, values: { level: 1 } });
  gateway.send({ ...answer, correlationID: subscribe.correlationID });
  await observed;
  expect(heard).toEqual([2]);
});

test('what the gateway refuses is refused to the caller, and nothing is left behind', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  gateway.refusals.set('observeproperty', { status: 403, title: 'Forbidden' });
  await expect(lamp.observeProperty('on', () => {})).rejects.toMatchObject({ name: 'forbidden' });
  expect(client.status.state).toBe('idle');
  gateway.refusals.clear();
  await lamp.observeProperty('on', () => {});
});

test('what stood once is tried again when the gateway does not know the Thing yet', async () => {
  await using gateway = await TestGateway.start();
  const problems: string[] = [];
  const onProblem = (problem: Error) => {
    problems.push(problem.name);
    gateway.refusals.clear();
  };
  using client = await connect(gateway.url, { ...fast, onProblem });
  const lamp = await client.consume(gateway.id);
  const { hear, until } = ear<unknown>();
  await lamp.observeProperty('level', hear);
  gateway.refusals.set('observeproperty', { status: 404, title: 'Not Found' });
  await gateway.kill();
  gateway.values.level = 3;
  await gateway.listen();
  await vi.waitFor(() => expect(problems).toEqual(['not-found']));
  gateway.change('level', 4);
  await until(4);
});

test('a property without a value yet is observed from its first', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const type = 'urn:thingtalk:problem:value-unknown';
  gateway.refusals.set('readmultipleproperties', { type, status: 503, title: 'None' });
  const { heard, hear, until } = ear<unknown>();
  await lamp.observeProperty('level', hear);
  expect(heard).toEqual([]);
  gateway.change('level', 1);
  await until(1);
});

test('a gateway that is not there is tried until the deadline', async () => {
  const gateway = await TestGateway.start();
  using client = await connect(gateway.url, fast);
  const lamp = await client.consume(gateway.id);
  await gateway.kill();
  const refused = lamp.observeProperty('on', () => {}, { timeoutMs: 30 });
  await expect(refused).rejects.toMatchObject({ name: 'gateway-silent' });
  expect(client.status.state).toBe('idle');
});

test('a connection that falls silent is taken for dead and replaced', async () => {
  await using gateway = await TestGateway.start();
  const clock = new FakeClock();
  using client = await connect(gateway.url, { clock, heartbeatMs: 1_000 });
  const lamp = await client.consume(gateway.id);
  await lamp.observeProperty('on', () => {});
  gateway.mode = 'ignore';
  await clock.advance(1_000);
  expect(client.status.state).toBe('connected');
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect(client.status).toMatchObject({ state: 'waiting', reason: 'silent for 2000 ms' });
  gateway.mode = 'answer';
  const back = reached(client, 'connected');
  await clock.advance(1_000);
  await back;
});

test('a connection that answers when asked is kept', async () => {
  await using gateway = await TestGateway.start();
  const clock = new FakeClock();
  using client = await connect(gateway.url, { clock, heartbeatMs: 1_000 });
  const lamp = await client.consume(gateway.id);
  const { hear, until } = ear<unknown>();
  await lamp.observeProperty('level', hear);
  for (let beat = 1; beat <= 5; beat++) {
    await clock.advance(1_000);
    gateway.change('level', beat);
    await until(beat);
  }
  expect(client.status.state).toBe('connected');
});

test('values can be looped over, the newest next, until the signal aborts', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const enough = new AbortController();
  const heard: unknown[] = [];
  for await (const level of lamp.values('level', { signal: enough.signal })) {
    heard.push(level);
    if (level === 50) gateway.change('level', 51);
    else enough.abort();
  }
  expect(heard).toEqual([50, 51]);
  expect(client.status.state).toBe('idle');
});

test('events can be looped over, none left out, until the loop is left', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const heard: unknown[] = [];
  const events = lamp.events('overheated');
  const first = events.next();
  await gateway.frame('subscribeevent');
  for (let n = 1; n <= 100; n++) {
    gateway.notify({ operation: 'subscribeevent', name: 'overheated', data: n });
  }
  heard.push((await first).value);
  for await (const data of events) {
    heard.push(data);
    if (data === 100) break;
  }
  expect(heard).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
});

test('a closed client ends its connection and refuses more', async () => {
  await using gateway = await TestGateway.start();
  const client = await connect(gateway.url, fast);
  const lamp = await client.consume(gateway.id);
  const { ended } = await lamp.observeProperty('on', () => {});
  const values = lamp.values('level');
  await values.next();
  client.close();
  expect(client.status.state).toBe('closed');
  expect((await values.next()).done).toBe(true);
  await ended;
  await expect(lamp.observeProperty('level', () => {})).rejects.toThrow(/was closed/);
});

test('nonsense on the wire is passed over', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url);
  const lamp = await client.consume(gateway.id);
  const { hear, until } = ear<unknown>();
  await lamp.observeProperty('level', hear);
  const frame = fc.record(
    {
      thingID: fc.oneof(fc.constant(gateway.id), fc.jsonValue()),
      messageType: fc.oneof(fc.constantFrom('response', 'notification'), fc.jsonValue()),
      operation: fc.oneof(fc.constantFrom('subscribeevent', 'x'), fc.jsonValue()),
      name: fc.oneof(fc.constantFrom('__proto__', 'constructor'), fc.jsonValue()),
      correlationID: fc.jsonValue(),
      value: fc.jsonValue(),
      error: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  for (const sent of fc.sample(fc.oneof(frame, fc.string(), fc.json()), 300)) gateway.send(sent);
  gateway.change('level', -1);
  await until(-1);
  expect(client.status.state).toBe('connected');
});

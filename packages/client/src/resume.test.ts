import { expect, test, vi } from 'vitest';
import { connect, type ProblemError } from './index.ts';
import { ear, fast } from './testing-ear.ts';
import { TestGateway } from './testing-gateway.ts';

test('after a lost connection the gateway is asked for the events since the last', async () => {
  await using gateway = await TestGateway.start();
  using client = await connect(gateway.url, fast);
  const lamp = await client.consume(gateway.id);
  const { hear, until } = ear<unknown>();
  await lamp.subscribeEvent('overheated', hear);
  gateway.notify({ operation: 'subscribeevent', name: 'overheated', data: 102, messageID: 'm-7' });
  await until(102);
  const before = gateway.frames.length;
  await gateway.kill();
  await gateway.listen();
  expect(await gateway.frame('subscribeevent', before)).toMatchObject({
    name: 'overheated',
    lastNotificationID: 'm-7',
  });
});

test('who heard nothing yet resumes from where the gateway began', async () => {
  await using gateway = await TestGateway.start();
  gateway.remembersFrom = 'm-1';
  using client = await connect(gateway.url, fast);
  await (await client.consume(gateway.id)).subscribeEvent('overheated', () => {});
  const before = gateway.frames.length;
  await gateway.kill();
  await gateway.listen();
  expect(await gateway.frame('subscribeevent', before)).toMatchObject({
    lastNotificationID: 'm-1',
  });
});

test('one who listens to one event and one who listens to all resume by one subscription', async () => {
  await using gateway = await TestGateway.start();
  gateway.remembersFrom = 'm-1';
  using client = await connect(gateway.url, fast);
  const lamp = await client.consume(gateway.id);
  await lamp.subscribeEvent('overheated', () => {});
  using _all = await lamp.subscribeAllEvents(() => {});
  const before = gateway.frames.length;
  await gateway.kill();
  await gateway.listen();
  await gateway.frame('subscribeallevents', before);
  await lamp.observeProperty('level', () => {});
  const operations = gateway.frames.slice(before).map(({ operation }) => operation);
  expect(operations).not.toContain('subscribeevent');
});

test('events that the gateway no longer knows are told as a problem, and what follows is heard', async () => {
  await using gateway = await TestGateway.start();
  const problems: ProblemError[] = [];
  const onProblem = (problem: ProblemError) => problems.push(problem);
  using client = await connect(gateway.url, { ...fast, onProblem });
  const { hear, until } = ear<unknown>();
  await (await client.consume(gateway.id)).subscribeEvent('overheated', hear);
  const warm = { operation: 'subscribeevent', name: 'overheated' };
  gateway.notify({ ...warm, data: 102, messageID: 'm-7' });
  await until(102);
  gateway.remembersFrom = 'm-9';
  await gateway.kill();
  await gateway.listen();
  await vi.waitFor(() => expect(problems).toHaveLength(1));
  expect(problems[0]).toMatchObject({
    name: 'notifications-missed',
    detail: expect.stringContaining('m-7'),
  });
  gateway.notify({ ...warm, data: 103 });
  await until(103);
});

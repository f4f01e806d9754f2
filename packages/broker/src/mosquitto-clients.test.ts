import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Payload } from '@thingtalk/core';
import { hasMosquitto, Inbox } from '@thingtalk/core/testing';
import { describe, expect, test } from 'vitest';
import { startBroker } from './broker.ts';

const run = promisify(execFile);

/** Runs mosquitto_sub until it has so many messages; resolves when it has subscribed. */
async function listen(port: number, count: number, ...filters: string[]) {
  const args = ['-p', String(port), '-V', 'mqttv311', '-d', '-C', String(count), '-v', '-q', '1'];
  const child = spawn('mosquitto_sub', [...args, ...filters.flatMap((filter) => ['-t', filter])]);
  const ended = once(child, 'close');
  const messages: string[] = [];
  const standing = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('Subscribed')) standing.resolve();
    else if (/^things\//.test(line)) messages.push(line);
  });
  await standing.promise;
  return { messages: ended.then(() => messages) };
}

describe.skipIf(!hasMosquitto())('the clients of mosquitto', () => {
  test('a bare device is heard in this process, and its retained words stay', async () => {
    await using broker = await startBroker();
    await using inbox = await Inbox.open(broker.bus, 'things/#');
    const port = String(broker.mqttPort);
    const say = (topic: string, text: string, ...more: string[]) =>
      run('mosquitto_pub', ['-p', port, '-t', topic, '-m', text, ...more]);
    await say('things/lamp/values', '{"on":true}', '-r', '-q', '1');
    await say('things/lamp/event', '{"hot":{}}', '-q', '2');
    await inbox.take(2);
    expect(inbox.received).toEqual([
      ['things/lamp/values', '{"on":true}'],
      ['things/lamp/event', '{"hot":{}}'],
    ]);
    await using late = await Inbox.open(broker.bus, 'things/lamp/#');
    expect(late.texts).toEqual(['{"on":true}']);
  });

  test('what this process says reaches a subscriber on the wire, retained first', async () => {
    await using broker = await startBroker();
    await broker.bus.publish('things/a/values', Payload.of({ on: true }), { retain: true });
    const { messages } = await listen(broker.mqttPort, 3, 'things/+/values', 'things/b/#');
    await broker.bus.publish('things/b/event', Payload.of({ hot: {} }), { qos: 1 });
    await broker.bus.publish('things/b/values', Payload.of({ on: false }), { retain: true });
    expect(await messages).toEqual([
      'things/a/values {"on":true}',
      'things/b/event {"hot":{}}',
      'things/b/values {"on":false}',
    ]);
  });
});

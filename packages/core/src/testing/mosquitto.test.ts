import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { hasMosquitto, startMosquitto } from './mosquitto.ts';

const isListening = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

describe.skipIf(!hasMosquitto())('a mosquitto for tests', () => {
  test('listens until it is killed, and again on the same port when restarted', async () => {
    await using broker = await startMosquitto();
    expect(await isListening(broker.port)).toBe(true);

    await broker.kill9();
    expect(await isListening(broker.port)).toBe(false);

    await broker.restart();
    expect(await isListening(broker.port)).toBe(true);
  });

  test('is gone when it was disposed of', async () => {
    const broker = await startMosquitto();
    await broker[Symbol.asyncDispose]();
    expect(await isListening(broker.port)).toBe(false);
  });

  test('says what mosquitto said when it does not come up', async () => {
    await expect(startMosquitto({ settings: ['no_such_setting 1'] })).rejects.toThrow(
      /no_such_setting/,
    );
  });
});

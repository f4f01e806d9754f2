import { silentLogger } from '@thingtalk/core';
import { FakeClock } from '@thingtalk/core/testing';
import { describe, expect, it } from 'vitest';
import { Shutdown } from './shutdown.ts';

function shutdownWorld() {
  const clock = new FakeClock();
  const ended: string[] = [];
  const errors: object[] = [];
  const logger = { ...silentLogger, error: (fields: object) => errors.push(fields) };
  const shutdown = new Shutdown({ clock, logger, stepMs: 1_000 });
  return { clock, ended, errors, shutdown };
}

describe('a shutdown', () => {
  it('ends the last that was opened first, each after the one before has ended', async () => {
    const { shutdown, ended } = shutdownWorld();
    shutdown.add('broker', () => ended.push('broker'));
    shutdown.add('twins', async () => {
      await Promise.resolve();
      ended.push('twins');
    });
    shutdown.add('http', () => ended.push('http'));
    await shutdown.run();
    expect(ended).toEqual(['http', 'twins', 'broker']);
  });

  it('runs once, however often it is asked', async () => {
    const { shutdown, ended } = shutdownWorld();
    shutdown.add('broker', () => ended.push('broker'));
    expect(shutdown.hasBegun).toBe(false);
    await Promise.all([shutdown.run(), shutdown.run()]);
    await shutdown.run();
    expect(shutdown.hasBegun).toBe(true);
    expect(ended).toEqual(['broker']);
  });

  it('passes over a part that fails or hangs, and names it in the log', async () => {
    const { clock, shutdown, ended, errors } = shutdownWorld();
    shutdown.add('broker', () => ended.push('broker'));
    shutdown.add('twins', () => Promise.reject(new Error('no')));
    shutdown.add('http', () => new Promise(() => {}));
    const done = shutdown.run();
    await clock.advance(999);
    expect(ended).toEqual([]);
    await clock.advance(1);
    await done;
    expect(ended).toEqual(['broker']);
    expect(errors).toMatchObject([
      { what: 'http', err: { message: 'not ended after 1000 ms' } },
      { what: 'twins', err: { message: 'no' } },
    ]);
    expect(clock.waiting).toBe(0);
  });
});

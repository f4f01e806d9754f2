// The thread that has the database: a disk that stalls stops this thread, and nobody else.
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from '@thingtalk/core';
import { Engine, type EngineSettings } from './engine.ts';
import { type Call, pack, type WorkerMessage } from './worker-calls.ts';

const say = (message: WorkerMessage) => parentPort?.postMessage(message);

const log =
  (level: 'debug' | 'info' | 'warn' | 'error') =>
  (fields: object, text: string): void =>
    say({ kind: 'log', level, fields, text });

const logger: Logger = {
  debug: log('debug'),
  info: log('info'),
  warn: log('warn'),
  error: log('error'),
};

async function answer(engine: Engine, { id, name, args }: Call): Promise<void> {
  try {
    const work = engine[name] as (...args: readonly unknown[]) => Promise<unknown>;
    say({ kind: 'answer', id, value: await work.call(engine, ...args) });
  } catch (error) {
    say({ kind: 'refusal', id, failure: pack(error) });
  }
  if (name === 'close') parentPort?.close();
}

async function serve(): Promise<void> {
  const engine = await Engine.open(workerData as EngineSettings, logger);
  // One call after the other: a transaction is never open while another call runs.
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (call: Call) => {
    last = last.then(() => answer(engine, call));
  });
  say({ kind: 'open' });
}

// Not awaited at the top: the program in one piece (scripts/build-start.mjs) is CommonJS, which cannot.
serve().catch((error: unknown) => say({ kind: 'failed', failure: pack(error) }));

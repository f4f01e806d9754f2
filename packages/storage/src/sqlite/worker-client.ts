import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '@thingtalk/core';
import type { Engine, EngineSettings } from './engine.ts';
import {
  type Answer,
  type Call,
  type CallName,
  unpack,
  type WorkerMessage,
} from './worker-calls.ts';

/**
 * Loads the worker's program with its compiled code cached: in a third of the time from source.
 *
 * Nor does Node then load its type stripper, which is WebAssembly: threads that end with WebAssembly in them
 * can crash the process (https://github.com/nodejs/node/issues/64500; seen here once in a hundred threads).
 */
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { enableCompileCache } from 'node:module';
    import { workerData } from 'node:worker_threads';
    enableCompileCache(workerData.compiled);
    await import(workerData.program);
  `)}`,
);

/** Where this thread keeps what it compiled, without the folder of Node's version; `undefined` is Node's own choice. */
function compiledFolder(): string | undefined {
  const folder = getCompileCacheDir();
  return folder === undefined ? undefined : dirname(folder);
}

/** From source it is a .ts file, and built a .js one, as this file is. */
const program = () => new URL(`./worker${extname(import.meta.url)}`, import.meta.url).href;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** The worker's end in this thread. It keeps the process alive only while calls are under way. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #ended: Error | undefined;

  private constructor(settings: EngineSettings, logger: Logger) {
    this.#worker = new Worker(entry, {
      workerData: { ...settings, program: program(), compiled: compiledFolder() },
      name: 'thingtalk-storage',
    });
    this.#logger = logger;
  }

  /**
   * Starts the worker; resolves when the database is open.
   *
   * @throws what opening it threw.
   */
  static async open(settings: EngineSettings, logger: Logger): Promise<WorkerClient> {
    const client = new WorkerClient(settings, logger);
    await client.#opened();
    return client;
  }

  call<K extends CallName>(name: K, ...args: Parameters<Engine[K]>): Promise<Answer<K>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const call: Call = { id: this.#calls, name, args };
      this.#calls += 1;
      this.#pending.set(call.id, { resolve: (value) => resolve(value as Answer<K>), reject });
      this.#worker.ref();
      this.#worker.postMessage(call);
    });
  }

  /** Closes the database and ends the worker. */
  async close(): Promise<void> {
    const gone = once(this.#worker, 'exit');
    await this.call('close');
    this.#worker.ref();
    await gone;
  }

  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'open') {
          this.#worker.unref();
          resolve();
        } else if (message.kind === 'failed') {
          reject(unpack(message.failure));
        } else this.#hear(message);
      });
      this.#worker.on('error', (error) => this.#end(error));
      this.#worker.on('exit', () => {
        this.#end(new Error('the storage was closed'));
        reject(this.#ended);
      });
    });
  }

  #hear(message: Exclude<WorkerMessage, { kind: 'open' | 'failed' }>): void {
    if (message.kind === 'log') {
      this.#logger[message.level](message.fields, message.text);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (message.kind === 'answer') pending?.resolve(message.value);
    else pending?.reject(unpack(message.failure));
  }

  #end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = new Error('the storage has ended', { cause: error });
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}

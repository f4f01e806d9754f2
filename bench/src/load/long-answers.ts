/** Load program: one bare TCP socket asks for a long answer and reads it, again and again; how many a second. */
import { connect } from 'node:net';
import { cpuUs } from '../process/cpu.ts';
import { finish, task, watchOwnCpu } from './program.ts';

/** What to do. */
export interface LongAnswersTask {
  readonly port: number;
  readonly path: string;
  readonly pids: readonly number[];
  readonly seconds: number;
}

const { port, path, pids, seconds } = task<LongAnswersTask>();

/** Of an answer only its head is looked at: where it ends follows from its length. */
class Answer {
  #head = '';
  #left: number | undefined;

  /** Takes what was read; true when that was the last of it. */
  take(buffer: Uint8Array, length: number): boolean {
    if (this.#left !== undefined) this.#left -= length;
    else {
      this.#head += Buffer.from(buffer.buffer, buffer.byteOffset, length).toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return false;
      this.#left = lengthIn(this.#head.slice(0, end)) - (this.#head.length - end - 4);
    }
    if (this.#left < 0) throw new Error('more was sent than was said');
    return this.#left === 0;
  }
}

function lengthIn(head: string): number {
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200') || length === undefined)
    throw new Error(`not an answer whose length is known: ${head}`);
  return Number(length);
}

let answer = new Answer();
let arrived = () => {};
// Nothing is allocated for a read, and up to a megabyte is read at once.
const buffer = Buffer.alloc(1024 * 1024);
const socket = connect({
  port,
  host: '127.0.0.1',
  noDelay: true,
  onread: {
    buffer,
    callback: (length, bytes) => {
      if (answer.take(bytes, length)) arrived();
      return true;
    },
  },
});
const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;

function read(): Promise<void> {
  answer = new Answer();
  const { promise, resolve } = Promise.withResolvers<void>();
  arrived = resolve;
  socket.write(request);
  return promise;
}

await read();
const own = watchOwnCpu();
const before = cpuUs(pids);
const start = performance.now();
let count = 0;
while (performance.now() - start < seconds * 1000) {
  await read();
  count++;
}
const took = (performance.now() - start) / 1000;
const after = cpuUs(pids);
finish({
  value: count / took,
  cpuUs: before === undefined || after === undefined ? undefined : (after - before) / count,
  loadBusy: own(),
});

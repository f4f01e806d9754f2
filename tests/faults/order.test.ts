import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, testProgram } from '@thingtalk/core/testing';
import { describe, expect, test } from 'vitest';
import { gatewayProgram, thingsProgram } from './programs.ts';
import { thingId } from './things.ts';

const strace = testProgram('THINGTALK_TEST_STRACE');
const writes = 50;

/** What a traced gateway did that matters here. */
type Call = 'written' | 'synced' | 'answered' | 'told';

/** Reads a trace; what two threads do at once stands in it in the order in which the kernel did it. */
function callsIn(trace: string): readonly Call[] {
  const calls: Call[] = [];
  for (const line of trace.split('\n')) {
    if (/pwrite64\(/.test(line)) calls.push('written');
    else if (/(fsync|fdatasync)(\(\d+| resumed>)\) += 0/.test(line)) calls.push('synced');
    else if (/HTTP\/1\.1 204/.test(line)) calls.push('answered');
    else if (/\/stored/.test(line)) calls.push('told');
  }
  return calls;
}

/** What came before each `last`, since the one before it; and those where nothing was written and then synced. */
function before(calls: readonly Call[], last: 'answered' | 'told') {
  const parts = calls.join(' ').split(last).slice(0, -1);
  return { count: parts.length, early: parts.filter((part) => !/written.*synced/.test(part)) };
}

test('an answer that comes before its fsync is found in a trace', () => {
  const write = '7 pwrite64(21, "..."..., 4096, 0) = 4096';
  const sync = ['8 fdatasync(21 <unfinished ...>', '8 <... fdatasync resumed>) = 0'];
  const answer = '7 write(25, "HTTP/1.1 204 No Content"..., 90) = 90';
  const seen = (lines: readonly string[]) => before(callsIn(lines.join('\n')), 'answered');
  expect(seen([write, ...sync, answer])).toEqual({ count: 1, early: [] });
  expect(seen([write, ...sync, answer, write, answer, ...sync]).early).toHaveLength(1);
  expect(seen([...sync, write, answer]).early).toHaveLength(1);
});

describe.skipIf(strace === undefined)('the system calls of a gateway', () => {
  test('show no answer to a write, and no word that it is stored, before the fsync that followed its write', async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'thingtalk-order-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const [httpPort, broker] = [await freePort(), await freePort()];
    const trace = join(folder, 'trace');
    // -D: the gateway is our child, not strace's, and takes strace with it when it is killed.
    const seen = 'trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg';
    const under = [String(strace), '-D', '-f', '-qq', '-e', seen, '-s', '200', '-o', trace];
    const data = join(folder, 'data');
    const gateway = stack.use(
      gatewayProgram({ data, database: 'sqlite', httpPort, broker, under }),
    );
    await gateway.start();
    const brokerUrl = `mqtt://127.0.0.1:${broker}`;
    // The Thing alone listens on `stored`, so that each word of it is written once.
    const things = stack.use(
      thingsProgram(brokerUrl, join(folder, 'things'), { first: 0, count: 1 }),
    );
    await things.start();

    const url = `http://127.0.0.1:${httpPort}/things/${thingId(0)}/properties/b`;
    const headers = { 'content-type': 'application/json' };
    for (let acknowledged = 0, value = 1; acknowledged < writes; value++) {
      const { status } = await fetch(url, { method: 'PUT', headers, body: String(value) });
      if (status === 204) acknowledged++;
    }
    await gateway.kill9();

    const calls = callsIn(await readFile(trace, 'utf8'));
    for (const kind of ['answered', 'told'] as const) {
      const { count, early } = before(calls, kind);
      expect(count).toBeGreaterThanOrEqual(writes - 1);
      expect(early).toEqual([]);
    }
  }, 120_000);
});

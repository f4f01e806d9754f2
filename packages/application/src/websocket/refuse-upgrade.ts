import type { Duplex } from 'node:stream';
import type { Problem } from '@thingtalk/core';
import { challengeOf, problemType } from '../http/reply.ts';

/**
 * Answers a handshake with a problem over HTTP, and closes.
 *
 * @param metadata address of the {@link challengeOf | metadata} for whoever is asked who they are. Default: there is none.
 */
export function refuseUpgrade(socket: Duplex, problem: Problem, metadata?: string): void {
  const body = JSON.stringify(problem);
  const challenge =
    problem.status === 401 ? `www-authenticate: ${challengeOf(problem, metadata)}\r\n` : '';
  // A client that is gone already needs no answer, and its error is nobody's business.
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n` +
      `content-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `${challenge}connection: close\r\n\r\n${body}`,
  );
}

import type { Duplex } from 'node:stream';
import type { Problem } from '@thingtalk/core';
import { problemType } from '../http/reply.ts';

/** Answers a handshake with a problem over HTTP, and closes. */
export function refuseUpgrade(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  const challenge =
    problem.status === 401 ? `www-authenticate: ${problem.challenge ?? 'Bearer'}\r\n` : '';
  // A client that is gone already needs no answer, and its error is nobody's business.
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n` +
      `content-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `${challenge}connection: close\r\n\r\n${body}`,
  );
}

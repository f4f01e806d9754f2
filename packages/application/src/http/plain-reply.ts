import type { Problem } from '@thingtalk/core';
import { problemType } from './reply.ts';

/** A problem as the whole of an HTTP answer, for a connection on which nothing could be read, and which ends with it. */
export function plainReply(problem: Problem): string {
  const body = JSON.stringify(problem);
  return (
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n` +
    `content-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
    `x-content-type-options: nosniff\r\nconnection: close\r\n\r\n${body}`
  );
}

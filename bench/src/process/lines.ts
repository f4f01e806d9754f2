import type { Socket } from 'node:net';

/** Calls `take` with each line that a socket brings. A reset connection is an end like any other. */
export function onLines(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

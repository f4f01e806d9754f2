import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes as they are, which no HTTP client would, and returns all that came back until the server closed. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return answer;
}

import type { Duplex } from 'node:stream';

const continues = 0x80;
const longestVarint = 4;

/**
 * Follows the fixed headers in a stream of MQTT packets, and says when one announces too much.
 *
 * The parser behind it would collect 256 MB before it looked at a packet, of a client that has not even said CONNECT.
 *
 * @see {@link https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718023 | MQTT 3.1.1, 2.2.3}
 */
export class LengthGuard {
  readonly #maxBytes: number;
  /** Bytes of the present packet still to come, once its length is known. */
  #left = 0;
  #isInHeader = false;
  #length = 0;
  #lengthBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the next bytes of the stream may pass. Once it said no, the stream must end. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
      } else if (!this.#isInHeader) {
        this.#isInHeader = true;
        this.#length = 0;
        this.#lengthBytes = 0;
        at++;
      } else if (!this.#readLength(chunk[at++] ?? 0)) return false;
    }
    return true;
  }

  #readLength(byte: number): boolean {
    this.#length += (byte & 0x7f) << (7 * this.#lengthBytes++);
    if (this.#length > this.#maxBytes) return false;
    if ((byte & continues) !== 0) return this.#lengthBytes < longestVarint;
    this.#isInHeader = false;
    this.#left = this.#length;
    return true;
  }
}

/**
 * Puts a {@link LengthGuard} before whoever reads from `stream`; what is too long ends it.
 *
 * It stands in the stream's own `read`: a Transform in between would pass each chunk through two more queues.
 */
export function guardLengths<S extends Duplex>(stream: S, maxBytes: number): S {
  const guard = new LengthGuard(maxBytes);
  const read = stream.read.bind(stream);
  stream.read = (size) => {
    const chunk: Buffer | null = read(size);
    if (chunk === null || guard.accepts(chunk)) return chunk;
    stream.destroy(new Error(`a packet is malformed or longer than ${maxBytes} bytes`));
    return null;
  };
  return stream;
}

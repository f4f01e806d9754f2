import type { Duplex } from 'node:stream';

const continues = 0x80;
const longestVarint = 4;
const publish = 3;

/** How much of a topic is told, in bytes. */
const toldTopicBytes = 200;

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
  #type = 0;
  #length = 0;
  #lengthBytes = 0;
  #refusal = '';

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Why it said no: with size and limit and, where they have come with the rest, the topic. */
  get refusal(): string {
    return this.#refusal;
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
        this.#type = (chunk[at] ?? 0) >> 4;
        this.#length = 0;
        this.#lengthBytes = 0;
        at++;
      } else if (!this.#readLength(chunk[at++] ?? 0)) {
        this.#refusal = this.#explain(chunk.subarray(at));
        return false;
      }
    }
    return true;
  }

  #readLength(byte: number): boolean {
    this.#length += (byte & 0x7f) << (7 * this.#lengthBytes++);
    if ((byte & continues) !== 0) return this.#lengthBytes < longestVarint;
    this.#isInHeader = false;
    this.#left = this.#length;
    return this.#length <= this.#maxBytes;
  }

  /** @param rest what came after the length of the packet. */
  #explain(rest: Uint8Array): string {
    if (this.#isInHeader) return 'the length of a packet is malformed';
    const on = this.#type === publish ? onTopic(rest) : '';
    return `a packet of ${this.#length} bytes${on} is longer than the limit of ${this.#maxBytes} bytes`;
  }
}

/** Names the topic with which a PUBLISH begins, as far as it is there. */
function onTopic(rest: Uint8Array): string {
  const [high = 0, low = 0] = rest;
  const topic = rest.subarray(2, 2 + Math.min((high << 8) | low, toldTopicBytes));
  return topic.length === 0 ? '' : ` on '${new TextDecoder().decode(topic)}'`;
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
    stream.destroy(new Error(guard.refusal));
    return null;
  };
  return stream;
}

import { randomBytes } from 'node:crypto';

const textFrame = 1;

/**
 * Takes a server's byte stream apart into text frames, without copying whole ones; close and ping are passed over.
 *
 * Bench clients must be lighter than the servers they measure, so this reads bytes and leaves the text to its caller.
 */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #onText: (buffer: Buffer, start: number, end: number) => void;

  /** @param onText called with each text frame: it lies in `buffer` from `start` to `end`, until it returns */
  constructor(onText: (buffer: Buffer, start: number, end: number) => void) {
    this.#onText = onText;
  }

  /** Takes the next bytes; they may be overwritten afterwards. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (true) {
      const frame = frameAt(bytes, at);
      if (!frame) break;
      if (frame.opcode === textFrame) this.#onText(bytes, frame.start, frame.end);
      at = frame.end;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }
}

interface Frame {
  readonly opcode: number;
  readonly start: number;
  readonly end: number;
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length - at < 2) return undefined;
  const opcode = bytes.readUInt8(at) & 0x0f;
  const short = bytes.readUInt8(at + 1) & 0x7f;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length - at < head) return undefined;
  const length =
    short < 126
      ? short
      : short === 126
        ? bytes.readUInt16BE(at + 2)
        : Number(bytes.readBigUInt64BE(at + 2));
  const start = at + head;
  return start + length > bytes.length ? undefined : { opcode, start, end: start + length };
}

/** A client's text frame, masked as RFC 6455 (5.3) demands; shorter than 64 KiB. */
export function maskedTextFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const long = body.length > 125;
  const head = long
    ? Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 0xff])
    : Buffer.from([0x81, 0x80 | body.length]);
  const mask = randomBytes(4);
  for (let n = 0; n < body.length; n++) body[n] = (body[n] ?? 0) ^ (mask[n & 3] ?? 0);
  return Buffer.concat([head, mask, body]);
}

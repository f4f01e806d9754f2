/** First byte of a whole text frame: final, opcode 1. */
export const textFrame = 0x81;
/** First byte of a pong: final, opcode 10. */
export const pongFrame = 0x8a;

/**
 * Bytes that stand before a payload of this length when a server sends it: never a mask.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-5.2 | RFC 6455, 5.2}
 */
export function headLength(payloadLength: number): number {
  if (payloadLength < 126) return 2;
  return payloadLength < 0x10000 ? 4 : 10;
}

/** Writes a frame's head at `at` and returns where its payload begins. */
export function writeHead(
  target: Buffer,
  at: number,
  first: number,
  payloadLength: number,
): number {
  target[at] = first;
  if (payloadLength < 126) {
    target[at + 1] = payloadLength;
    return at + 2;
  }
  if (payloadLength < 0x10000) {
    target[at + 1] = 126;
    return target.writeUInt16BE(payloadLength, at + 2);
  }
  target[at + 1] = 127;
  target.writeUInt32BE(0, at + 2);
  return target.writeUInt32BE(payloadLength, at + 6);
}

/** Random hexadecimal text of `bytes` bytes, for names that nobody else must have. */
export function randomPart(bytes = 8): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

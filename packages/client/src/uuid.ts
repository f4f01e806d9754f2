/**
 * A random UUID, version 4.
 *
 * `crypto.randomUUID` is missing in pages served over plain HTTP from another machine; `getRandomValues` is there always.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4 | RFC 9562, 5.4}
 */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, at) => {
    const marked = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, '0');
  }).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

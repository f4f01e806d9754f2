/**
 * The JSON pointer of a member or item of what `parent` points at.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6901 | RFC 6901}
 */
export function pointerTo(parent: string, child: string | number): string {
  return `${parent}/${escaped(String(child))}`;
}

function escaped(token: string): string {
  return /[~/]/.test(token) ? token.replaceAll('~', '~0').replaceAll('/', '~1') : token;
}

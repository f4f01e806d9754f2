import { isJsonObject, type JsonValue } from './json.ts';

/**
 * The JSON pointer of a member or item of what `parent` points at.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6901 | RFC 6901}
 */
export function pointerTo(parent: string, child: string | number): string {
  return `${parent}/${escaped(String(child))}`;
}

/** What a JSON pointer points at; `undefined` where there is nothing. */
export function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const token of tokensOf(pointer)) {
    if (Array.isArray(value)) value = value[/^(0|[1-9]\d*)$/.test(token) ? Number(token) : -1];
    else value = isJsonObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  }
  return value;
}

/** A copy of `document` without what a JSON pointer to a member points at. */
export function withoutMember(document: JsonValue, pointer: string): JsonValue {
  return omit(document, tokensOf(pointer));
}

function omit(value: JsonValue, [token, ...rest]: readonly string[]): JsonValue {
  if (token === undefined || !isJsonObject(value) || !Object.hasOwn(value, token)) return value;
  const { [token]: member = null, ...others } = value;
  return rest.length === 0 ? others : { ...value, [token]: omit(member, rest) };
}

function tokensOf(pointer: string): string[] {
  const tokens = pointer.split('/').slice(1);
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escaped(token: string): string {
  return /[~/]/.test(token) ? token.replaceAll('~', '~0').replaceAll('/', '~1') : token;
}

import type { Right, Route, RouteRequest, Operation as ThingOperation } from '@thingtalk/core';

/**
 * A way to show who one is, as OpenAPI says it.
 *
 * @see {@link https://spec.openapis.org/oas/v3.1.1.html#security-scheme-object | OpenAPI 3.1, Security Scheme Object}
 */
export interface ApiScheme {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** What a client may show at the doors, each of them by itself, by name. */
export type ApiSchemes = Readonly<Record<string, ApiScheme>>;

/** The schemes as they are where a request came in. */
export type ApiSecurity = (
  request: Pick<RouteRequest, 'base' | 'isSecure' | 'address'>,
) => ApiSchemes;

/** What an operation wants: the rights, or that anybody may ask. */
export type Wanted = readonly Right[] | 'nothing';

/** The member `security` of an operation, by which clients know what to show; none where everybody may do everything. */
export function securityOf(
  schemes: ApiSchemes | undefined,
  wanted: Wanted,
): { readonly security?: readonly object[] } {
  if (schemes === undefined) return {};
  if (wanted === 'nothing') return { security: [] };
  const security = Object.entries(schemes).map(([name, { type }]) => ({
    [name]: type === 'oauth2' ? wanted : [],
  }));
  return { security };
}

/** What a row wants to be shown. */
export function wantedBy({ admits = 'known', op }: Route): Wanted {
  if (admits === 'anybody') return 'nothing';
  if (admits === 'managers') return ['manage'];
  return op === undefined ? [] : [rightFor(op)];
}

/** The right that one of the W3C's operations needs; its name begins with it, but for those on actions. */
function rightFor(op: ThingOperation): Right {
  const rights: readonly Right[] = ['read', 'write', 'observe', 'subscribe'];
  return rights.find((right) => op.replace(/^un/, '').startsWith(right)) ?? 'invoke';
}

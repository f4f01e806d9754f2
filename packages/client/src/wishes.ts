import type { JsonValue } from '@thingtalk/core';
import type { CallOptions } from './deadline.ts';
import type { Http, HttpCall } from './http.ts';

/** How a property is written. */
export interface WriteOptions extends CallOptions {
  /**
   * What becomes of the write when the Thing is absent: it is refused with `thing-unreachable`, or the gateway keeps it and
   * hands it over once the Thing is back. Default `refuse`.
   */
  readonly ifAbsent?: 'refuse' | 'keep';
}

/** What became of a write: the Thing has taken it, or the gateway keeps it until the Thing is back. */
export type WriteResult = 'written' | 'kept';

/** A write that the gateway keeps for an absent Thing. */
export interface Wish {
  /** Name of the property. */
  readonly name: string;
  /** Left out where the property can only be written. */
  readonly value?: JsonValue;
  /** The version that the property is to have: of two wishes for it the higher one stands. */
  readonly version: number;
  /** When it was taken, as RFC 3339 has it. */
  readonly timeRequested: string;
}

/** Writes, and says what became of it. */
export async function write(
  http: Http,
  href: URL,
  { ifAbsent, ...call }: HttpCall & WriteOptions,
): Promise<WriteResult> {
  const headers = ifAbsent === 'keep' && { headers: { Prefer: 'respond-async' } };
  const { status } = await http.call(href, { ...call, ...headers, method: 'PUT' });
  return status === 202 ? 'kept' : 'written';
}

/** What the gateway keeps for the Thing at `url`, sorted by property. */
export async function readWishes(
  http: Http,
  url: string,
  options: CallOptions,
): Promise<readonly Wish[]> {
  const { body } = await http.call(`${url}/status`, options);
  const { wishes = {} } = (body ?? {}) as { readonly wishes?: Readonly<Record<string, Wish>> };
  return Object.values(wishes);
}

/** Takes back what the gateway keeps for a property of the Thing at `url`. */
export async function withdrawWish(
  http: Http,
  url: string,
  { name, ...options }: CallOptions & { readonly name: string },
): Promise<void> {
  const href = `${url}/properties/${encodeURIComponent(name)}/wish`;
  await http.call(href, { ...options, method: 'DELETE' });
}

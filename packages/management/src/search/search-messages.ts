/** What the searching process is asked. */
export interface SearchRequest {
  readonly query: string;
  /** JSON text to search; left out when it is the same as before. */
  readonly documents?: string;
}

/** What it answers. */
export type SearchAnswer =
  | { readonly kind: 'found'; readonly json: string }
  | { readonly kind: 'refused'; readonly detail: string };

/** What the searching process is asked. */
export type SearchRequest =
  | {
      readonly kind: 'load';
      /** JSON text to search from now on. */
      readonly documents: string;
    }
  | { readonly kind: 'select'; readonly query: string };

/** What it answers. */
export type SearchAnswer =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'found'; readonly json: string }
  | { readonly kind: 'refused'; readonly detail: string };

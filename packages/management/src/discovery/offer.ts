import type { Adapter, ThingId } from '@thingtalk/core';

interface Found {
  readonly id: ThingId;
  readonly title: string;
  /** Its Thing Description as JSON text. */
  readonly json: string;
}

/** A Thing that was found, and how it is adopted; told apart by `via`. */
export type Offer = Found &
  (
    | {
        readonly via: 'dns-sd';
        /** Who announced it. */
        readonly from: string;
        /** Where its Thing Description is. */
        readonly href: string;
      }
    | { readonly via: 'adapter'; readonly from: string; readonly adapter: Adapter }
    | { readonly via: 'forgotten'; readonly from: string }
  );

/** An offer, and since when it stands in the list, in milliseconds since 1970. */
export type Offered = Offer & { readonly foundAt: number; readonly isAdopted: boolean };

import type { ThingId } from '@thingtalk/core';

/** A Thing that somebody on the network describes. */
export interface NetworkThing {
  readonly id: ThingId;
  readonly title: string;
  /** Its Thing Description as JSON text, understandable anywhere. */
  readonly json: string;
  /** Where it was fetched from. */
  readonly href: string;
  /** Who announced it. */
  readonly from: string;
}

/** Where Things that others describe are looked for. */
export interface Network {
  /** What is there now. @param signal gives up whom nothing was heard of when it aborts. */
  things(signal: AbortSignal): Promise<readonly NetworkThing[]>;
}

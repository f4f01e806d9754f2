import type { Form } from '../td/thing-description.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { ActionShape, EventShape, PropertyShape, ThingShape } from './things.ts';

/** Whose forms are asked for, and how the client reached us. */
export interface FormContext {
  readonly id: ThingId;
  /** Its topic level. */
  readonly level: string;
  /** Its id as a URL path segment, percent-encoded. */
  readonly segment: string;
  /** Scheme and authority of the HTTP server as this client knows it, as `http://127.0.0.1:8080`. */
  readonly base: string;
}

/**
 * A door that can be named in a TD: says how each affordance is reached through it.
 *
 * An `href` may be relative; its base is `<base>/things/<segment>/`. What is returned may depend on the id only through the
 * context's `level` and `segment`, written as they are or percent-encoded once more: the text is made once for all Things of a shape.
 */
export interface FormSource {
  thingForms(context: FormContext, shape: ThingShape): readonly Form[];
  propertyForms(context: FormContext, property: PropertyShape): readonly Form[];
  actionForms(context: FormContext, action: ActionShape): readonly Form[];
  eventForms(context: FormContext, event: EventShape): readonly Form[];
}

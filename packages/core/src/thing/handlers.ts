import type { JsonObject, JsonValue } from '../data/json.ts';

/** What an action does. */
export type ActionWork = (input: JsonValue | undefined, context: object) => unknown;

/** The handlers of a Thing once their types have done their work: from here on values are checked, not types. */
export interface Handlers {
  readonly initial?: JsonObject;
  readonly read?: Readonly<Record<string, () => JsonValue | Promise<JsonValue>>>;
  readonly write?: Readonly<Record<string, (value: JsonValue, thing: unknown) => unknown>>;
  readonly actions?: Readonly<
    Record<string, ActionWork | { readonly timeoutMs: number; readonly run: ActionWork }>
  >;
  readonly start?: (thing: unknown) => (() => void) | undefined;
}

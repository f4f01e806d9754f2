import type { JsonObject, JsonValue } from '../data/json.ts';
import type { ProblemDetails } from '../problem/problem.ts';
import type { ThingShape } from '../td/shape.ts';
import type { ThingDescription } from '../td/thing-description.ts';
import type { ThingId } from '../td/thing-id.ts';
import type { Wish, WriteOutcome } from './wishes.ts';

export type { ActionShape, EventShape, PropertyShape, ThingShape } from '../td/shape.ts';

/** The last value a Thing confirmed for one of its properties. */
export interface PropertyState {
  readonly value: JsonValue;
  /** The value as JSON text, encoded once for all its readers. */
  readonly json: string;
  /** Counts the changes of this property; its ETag. */
  readonly version: number;
  /** When the Thing said it, in milliseconds since 1970. */
  readonly time: number;
  /** False for a value that was restored after a restart, until the Thing speaks of it again. */
  readonly confirmed: boolean;
}

/** Where a run of an action stands. */
export type ActionState = 'pending' | 'running' | 'completed' | 'failed';

/** A run of an action. */
export interface ActionStatus {
  readonly id: string;
  /** Name of the action affordance. */
  readonly action: string;
  readonly status: ActionState;
  readonly input?: JsonValue;
  readonly output?: JsonValue;
  readonly error?: ProblemDetails;
  /** How far it has come, as the Thing says it: for ours a fraction from 0 to 1. */
  readonly progress?: JsonValue;
  /** RFC 3339, milliseconds, `Z`. */
  readonly timeRequested: string;
  readonly timeEnded?: string;
}

/** Whether a Thing can be reached. */
export interface Liveness {
  readonly online: boolean;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
}

/** A Thing as the gateway knows it now. The object stays the same while the Thing is known; its contents move. */
export interface ThingRecord {
  readonly id: ThingId;
  /** Its form in a topic: what stands after `things/`. */
  readonly level: string;
  /** As the Thing published it, checked and with defaults, without forms. Put together from `head` and `shape` at each call. */
  readonly td: ThingDescription;
  /** JSON text of the TD's members other than its affordances: an object without properties, actions, events, forms. */
  readonly head: string;
  /** Counts the changes of the TD; its ETag. */
  readonly tdVersion: number;
  readonly liveness: Liveness;
  /** Whether it answers requests on its reply topics (`protocol: 1`), or is a bare device. */
  readonly answers: boolean;
  /** The last confirmed state of a property; `undefined` when it never had a value or does not exist. */
  property(name: string): PropertyState | undefined;
  /** What affordances there are, without parsing the TD. */
  readonly shape: ThingShape;
}

/** What all interactions share. */
export interface InteractionOptions {
  /** How long the Thing may take to answer, in milliseconds. Default: the gateway's setting, 2,000. */
  readonly deadlineMs?: number;
  /** Gives the wait up; what was sent is not taken back. */
  readonly signal?: AbortSignal;
}

/** How a property is read. */
export interface ReadOptions extends InteractionOptions {
  /** Ask the device itself instead of the last confirmed value. Default false. */
  readonly fresh?: boolean;
}

/** How properties are written. */
export interface WritePropertyOptions extends InteractionOptions {
  /**
   * Called for each property before anything changes, with the tag of what would be overwritten: the property's version, that
   * of the wish which waits, or `undefined` for a property without a value. Refuses the write by throwing. Default: none.
   */
  readonly expects?: (tag: string | undefined) => void;
}

/** How an action is invoked. */
export interface InvokeOptions extends InteractionOptions {
  /**
   * Chosen by the client so that asking twice starts it once: 1 to 256 characters ({@link isRunId}), unique for the Thing,
   * remembered for 24 hours after the run has ended. Default: a new one.
   */
  readonly id?: string;
}

/** Something that happened to a Thing; told apart by `kind`. Shared by all who watch: never change one. */
export type ThingNote =
  | {
      readonly kind: 'property';
      readonly thing: ThingRecord;
      readonly name: string;
      readonly state: PropertyState;
    }
  | {
      readonly kind: 'event';
      readonly thing: ThingRecord;
      readonly name: string;
      /** `undefined` when the event carries no data. */
      readonly data: JsonValue | undefined;
      /** When it happened, in milliseconds since 1970. */
      readonly time: number;
    }
  | {
      readonly kind: 'action';
      readonly thing: ThingRecord;
      readonly name: string;
      readonly status: ActionStatus;
    }
  | { readonly kind: 'liveness'; readonly thing: ThingRecord; readonly liveness: Liveness }
  | { readonly kind: 'created' | 'updated' | 'removed'; readonly thing: ThingRecord };

/**
 * The Things, as every door uses them.
 *
 * An id may be given as a URI or, for a bare device, as its topic level (`lamp` for `urn:thing:lamp`).
 * All methods that name an unknown Thing, property, action or run refuse with `thing-not-found`, `property-not-found`,
 * `action-not-found`, `action-run-not-found`; those that reach a silent Thing with `thing-unreachable`.
 */
export interface Things {
  /** Finds a Thing; `undefined` when it is not known. Costs one look-up. */
  find(id: string): ThingRecord | undefined;
  /** All Things, sorted by id: the very same list as long as they are the same ones. */
  list(): readonly ThingRecord[];
  readonly count: number;

  /**
   * Reads a property: the last confirmed value, or with `fresh` what the device says now.
   *
   * @throws {@link Problem} `value-unknown` when it never had a value; `property-write-only`.
   */
  readProperty(id: string, name: string, options?: ReadOptions): Promise<PropertyState>;

  /** Reads several properties, or all readable ones; those without a value are left out. */
  readProperties(id: string, names?: readonly string[], options?: ReadOptions): Promise<JsonObject>;

  /**
   * Writes properties, all or none, and waits until the Thing confirms.
   *
   * @returns the properties as they now are (a device may round or clamp).
   * @throws {@link Problem} `property-read-only`, `data-schema-mismatch` with `validationErrors`.
   */
  writeProperties(
    id: string,
    values: JsonObject,
    options?: WritePropertyOptions,
  ): Promise<JsonObject>;

  /**
   * Writes properties as {@link writeProperties} does; where the Thing is absent, or falls silent, the write is kept and handed
   * over once it is back. Nothing is handed over that a later write has overtaken.
   *
   * @throws {@link Problem} `not-implemented` when the Thing is offline and nothing can be kept; `storage-full`.
   */
  writeOrKeep(
    id: string,
    values: JsonObject,
    options?: WritePropertyOptions,
  ): Promise<WriteOutcome>;

  /** What waits to be written to a Thing, sorted by property. */
  wishes(id: string): readonly Wish[];

  /**
   * Takes a wish back before it is delivered.
   *
   * @throws {@link Problem} `not-found` when nothing waits for the property; `conflict` while it is being delivered.
   */
  withdrawWish(
    id: string,
    name: string,
    options?: Pick<WritePropertyOptions, 'expects'>,
  ): Promise<void>;

  /**
   * Starts an action. Resolves when the Thing has taken it (or, for a bare device, at once as `pending`);
   * for a synchronous action when it has ended.
   *
   * @throws {@link Problem} `data-schema-mismatch`; `conflict` when the id is taken by a different request; `bad-request`
   * when it cannot be one.
   */
  invokeAction(
    id: string,
    name: string,
    input?: JsonValue,
    options?: InvokeOptions,
  ): Promise<ActionStatus>;

  /** Where a run stands. */
  queryAction(id: string, name: string, runId: string): ActionStatus;
  /** The runs that are remembered, newest first; of one action or of all. */
  queryActions(id: string, name?: string): readonly ActionStatus[];
  /** Cancels a run and waits for the Thing; one that has ended is refused with `action-ended`. */
  cancelAction(
    id: string,
    name: string,
    runId: string,
    options?: InteractionOptions,
  ): Promise<void>;
  /**
   * Forgets a run that has ended, as the webthings dialect's DELETE does. Resolves when that is stored.
   *
   * @throws {@link Problem} `conflict` when it has not ended yet.
   */
  forgetAction(id: string, name: string, runId: string): Promise<void>;

  /** Calls `listener` with what happens to one Thing, or to all; in order, before anything else learns of it. Returns how to stop. */
  watch(thing: ThingId | 'all', listener: (note: ThingNote) => void): () => void;
}

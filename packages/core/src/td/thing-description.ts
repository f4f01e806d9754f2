import type { DataSchema } from '../data/data-schema.ts';
import type { JsonValue } from '../data/json.ts';

/** What a client may want of an affordance; the standard's words. */
export type Operation =
  | 'readproperty'
  | 'writeproperty'
  | 'observeproperty'
  | 'unobserveproperty'
  | 'invokeaction'
  | 'queryaction'
  | 'cancelaction'
  | 'subscribeevent'
  | 'unsubscribeevent'
  | 'readallproperties'
  | 'writeallproperties'
  | 'readmultipleproperties'
  | 'writemultipleproperties'
  | 'observeallproperties'
  | 'unobserveallproperties'
  | 'subscribeallevents'
  | 'unsubscribeallevents'
  | 'queryallactions';

/**
 * How an operation is carried out.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#form | WoT TD 1.1, 5.3.4.2 Form}
 */
export interface Form {
  readonly href: string;
  readonly op?: Operation | readonly Operation[];
  readonly contentType?: string;
  readonly subprotocol?: string;
  readonly security?: string | readonly string[];
  readonly response?: { readonly contentType: string };
  readonly [term: string]: JsonValue | undefined;
}

/** A link to something else, as a web page or an icon. */
export interface Link {
  readonly href: string;
  readonly rel?: string;
  readonly type?: string;
  readonly [term: string]: JsonValue | undefined;
}

/** How a client must identify itself. */
export interface SecurityScheme {
  readonly scheme: string;
  readonly [term: string]: JsonValue | readonly string[] | undefined;
}

interface Affordance {
  readonly '@type'?: string | readonly string[];
  readonly title?: string;
  readonly titles?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly descriptions?: Readonly<Record<string, string>>;
  readonly forms?: readonly Form[];
  readonly uriVariables?: Readonly<Record<string, DataSchema>>;
}

/** A property: state that can be read, written or observed. */
export interface PropertyAffordance<U extends string = string>
  extends Omit<Affordance, never>,
    DataSchema<U> {
  readonly observable?: boolean;
}

/** An action: something the Thing does, which may take a while. */
export interface ActionAffordance<U extends string = string> extends Affordance {
  readonly input?: DataSchema<U>;
  readonly output?: DataSchema<U>;
  readonly safe?: boolean;
  readonly idempotent?: boolean;
  readonly synchronous?: boolean;
}

/** An event: something that happens to the Thing. */
export interface EventAffordance<U extends string = string> extends Affordance {
  readonly subscription?: DataSchema<U>;
  readonly data?: DataSchema<U>;
  readonly dataResponse?: DataSchema<U>;
  readonly cancellation?: DataSchema<U>;
}

/** The three kinds of affordance, by name. */
export interface Affordances<U extends string = string> {
  readonly properties?: Readonly<Record<string, PropertyAffordance<U>>>;
  readonly actions?: Readonly<Record<string, ActionAffordance<U>>>;
  readonly events?: Readonly<Record<string, EventAffordance<U>>>;
}

/**
 * A Thing Description as `parseThingDescription` leaves it: checked, with defaults written out, unknown members kept.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/ | WoT TD 1.1}
 */
export interface ThingDescription extends Affordances {
  readonly '@context': string | readonly (string | Readonly<Record<string, JsonValue>>)[];
  readonly '@type'?: string | readonly string[];
  readonly id: string;
  readonly title: string;
  readonly titles?: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly descriptions?: Readonly<Record<string, string>>;
  readonly version?: Readonly<Record<string, JsonValue>>;
  readonly created?: string;
  readonly modified?: string;
  readonly support?: string;
  readonly base?: string;
  readonly profile?: string | readonly string[];
  readonly links?: readonly Link[];
  readonly forms?: readonly Form[];
  readonly security: string | readonly string[];
  readonly securityDefinitions: Readonly<Record<string, SecurityScheme>>;
  readonly schemaDefinitions?: Readonly<Record<string, DataSchema>>;
  readonly uriVariables?: Readonly<Record<string, DataSchema>>;
  readonly [term: string]: unknown;
}

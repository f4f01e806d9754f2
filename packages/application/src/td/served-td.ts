import type {
  ActionAffordance,
  Affordances,
  EventAffordance,
  FormSource,
  JsonObject,
  JsonValue,
  Link,
  PropertyAffordance,
  PropertyShape,
  ThingRecord,
  ThingShape,
} from '@thingtalk/core';
import { isUri } from '@thingtalk/core';
import { PermittedShape } from '../access/permitted-shape.ts';
import { partsWithDefaults, withSchemaDefaults } from './schema-defaults.ts';
import { openSecurity, type TdSecurity } from './td-security.ts';
import { collectForms, type FormCollector, HoleMarks, TdTemplate } from './td-template.ts';

/**
 * In this order, so that consumers of TD 1.0 may read it too.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#thing | WoT TD 1.1, Thing, `@context`}
 */
export const tdContexts = [
  'https://www.w3.org/2019/wot/td/v1',
  'https://www.w3.org/2022/wot/td/v1.1',
] as const;

/** The profiles that every Thing here keeps. */
export const tdProfiles = [
  'https://www.w3.org/2022/wot/profile/http-basic/v1',
  'https://www.w3.org/2022/wot/profile/http-sse/v1',
] as const;

/** What a Thing Description needs of a Thing. */
export type DescribedThing = Pick<ThingRecord, 'id' | 'level' | 'head' | 'shape'>;

/** What is said about a Thing that it does not say itself. */
export interface TdAdditions {
  /** Contexts that `members` are of. */
  readonly contexts: readonly JsonValue[];
  /** Stand in place of the Thing's own. */
  readonly members: JsonObject;
}

const noAdditions: TdAdditions = { contexts: [], members: {} };

/** How many bases are remembered: clients choose them by their Host header. */
const maxBases = 8;

/**
 * Renders the Thing Descriptions that clients get: what the Thing says of itself, and how it is reached through here.
 *
 * Ten thousand Things of one make cost one template and ten thousand joins.
 */
export class TdRenderer {
  readonly #sources: readonly FormSource[];
  readonly #mount: string;
  readonly #security: TdSecurity;
  readonly #marks = new HoleMarks();
  readonly #templates = new Map<string, WeakMap<ThingShape, TdTemplate>>();

  /**
   * @param sources the doors a TD names, in the order of their forms.
   * @param mount path under which Things are found. Default `/things`.
   * @param security what a client must show at the doors. Default: nothing.
   */
  constructor(
    sources: readonly FormSource[],
    mount = '/things',
    security: TdSecurity = openSecurity,
  ) {
    this.#security = security;
    this.#sources = sources;
    this.#mount = mount;
  }

  /** @param base scheme and authority as the client knows them: `http://127.0.0.1:8080` */
  render(record: DescribedThing, base: string, additions = noAdditions): string {
    const head = servedHead(JSON.parse(record.head) as JsonObject, additions);
    return this.#template(record.shape, base).fill(record, head);
  }

  #template(shape: ThingShape, base: string): TdTemplate {
    const templates = this.#templatesOf(base);
    const known = templates.get(shape);
    if (known !== undefined) return known;
    const forms = collectForms(this.#sources, shape, base, this.#marks);
    const affordances = JSON.parse(shape.affordances) as Affordances;
    const topForms = forms.thing();
    const members = {
      base: `${base}${this.#mount}/${this.#marks.segment}/`,
      profile: tdProfiles,
      ...this.#security,
      ...(topForms.length > 0 && { forms: topForms }),
      ...withForms(affordances, shape, forms),
    };
    const template = TdTemplate.of(members as unknown as JsonObject, this.#marks);
    templates.set(shape, template);
    return template;
  }

  #templatesOf(base: string): WeakMap<ThingShape, TdTemplate> {
    const known = this.#templates.get(base);
    if (known !== undefined) return known;
    if (this.#templates.size >= maxBases) this.#templates.clear();
    const templates = new WeakMap<ThingShape, TdTemplate>();
    this.#templates.set(base, templates);
    return templates;
  }
}

/** What the Thing says of itself, as far as it holds here too. */
function servedHead(head: JsonObject, { contexts, members }: TdAdditions): string {
  const { '@context': context, base, forms, profile, security, securityDefinitions, ...own } = head;
  const links = own.links as readonly Link[] | undefined;
  return JSON.stringify({
    '@context': [...tdContexts, ...contexts, ...ownContexts(context, contexts)],
    ...own,
    ...(links !== undefined && { links: links.map((link) => absoluteLink(link, base)) }),
    ...members,
  });
}

function ownContexts(
  context: JsonValue | undefined,
  added: readonly JsonValue[],
): readonly JsonValue[] {
  const entries: readonly JsonValue[] = Array.isArray(context) ? context : [context ?? []].flat();
  const known: readonly JsonValue[] = [...tdContexts, ...added];
  return entries.filter((entry) => !known.includes(entry));
}

/** A link that was relative to the Thing's own base must not be read against ours. */
function absoluteLink(link: Link, base: JsonValue | undefined): Link {
  if (typeof base !== 'string' || isUri(link.href)) return link;
  return { ...link, href: URL.parse(link.href, base)?.href ?? link.href };
}

function withForms(
  { properties, actions, events }: Affordances,
  shape: ThingShape,
  forms: FormCollector,
): Affordances {
  return {
    ...(properties && {
      properties: each(properties, shape.properties, (property: PropertyAffordance, named) => ({
        ...withSchemaDefaults(property),
        // Whatever is readable can be observed here: the gateway watches it.
        observable: isObservable(shape, named),
        forms: forms.property(named),
      })),
    }),
    ...(actions && {
      actions: each(actions, shape.actions, (action: ActionAffordance, named) => ({
        ...partsWithDefaults(action, ['input', 'output']),
        // The HTTP Basic Profile wants it said either way.
        synchronous: named.synchronous,
        forms: forms.action(named),
      })),
    }),
    ...(events && {
      events: each(events, shape.events, (event: EventAffordance, named) => ({
        ...partsWithDefaults(event, ['subscription', 'data', 'dataResponse', 'cancellation']),
        forms: forms.event(named),
      })),
    }),
  };
}

function isObservable(shape: ThingShape, { name, writeOnly }: PropertyShape): boolean {
  return shape instanceof PermittedShape ? shape.allows('observeproperty', name) : !writeOnly;
}

function each<A, S>(
  affordances: Readonly<Record<string, A>>,
  shapes: ReadonlyMap<string, S>,
  change: (affordance: A, shape: S) => A,
): Readonly<Record<string, A>> {
  const changed: [string, A][] = [];
  for (const [name, affordance] of Object.entries(affordances)) {
    const shape = shapes.get(name);
    if (shape !== undefined) changed.push([name, change(affordance, shape)]);
  }
  return Object.fromEntries(changed);
}

import { all, type Check, Findings, record } from '../data/check.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { pointerTo } from '../data/json-pointer.ts';
import { show } from '../data/show.ts';
import type { Problem } from '../problem/problem.ts';
import { mapped, withDefaults } from './defaults.ts';
import { thingTerms } from './td-terms.ts';
import type { ThingDescription } from './thing-description.ts';
import { ThingId } from './thing-id.ts';

/** The context of TD 1.0, then that of TD 1.1: the order TD 1.1 prescribes where readers of 1.0 may come. */
export const tdContexts = [
  'https://www.w3.org/2019/wot/td/v1',
  'https://www.w3.org/2022/wot/td/v1.1',
] as const;

/** How a Thing Description is read. */
export interface ParseOptions {
  /**
   * The id under which a Thing announced the document on the bus. Then what the bus makes superfluous may be missing
   * (`@context`, `id`, `title`, `security`, `forms`) and is filled in, forms apart; an `id` that says otherwise is refused.
   *
   * Without it the document must be complete.
   */
  readonly id?: ThingId;
}

/**
 * Reads a Thing Description, of TD 1.0 or 1.1, and writes out its defaults. Unknown members stay as they are.
 *
 * @throws {@link Problem} `td-invalid` with everything that is wrong in `validationErrors`.
 * @see {@link https://www.w3.org/TR/wot-thing-description11/ | WoT TD 1.1}
 */
export function parseThingDescription(
  document: JsonValue,
  options: ParseOptions = {},
): ThingDescription {
  const { id } = options;
  const td = id !== undefined && isJsonObject(document) ? announced(document, id) : document;
  const findings = new Findings();
  const check = id === undefined ? completeThing : announcedThing;
  check(td, '', findings);
  if (id !== undefined && isJsonObject(td) && td.id !== id)
    findings.add('/id', `${show(td.id)} is not the id '${id}' that its topic stands for`);
  findings.throwIfAny('td-invalid', 'the Thing Description');
  return withDefaults(td as JsonObject) as unknown as ThingDescription;
}

/** Fills in what a Thing on the bus need not say. */
function announced(document: JsonObject, id: ThingId): JsonObject {
  const { '@context': context, security, securityDefinitions } = document;
  return {
    ...document,
    '@context': withTdContexts(context),
    id: document.id ?? id,
    title: document.title ?? titleOf(id),
    ...(security === undefined || securityDefinitions === undefined ? nosec : {}),
    ...mapped(document, 'actions', (action) => ({
      ...action,
      synchronous: action.synchronous ?? false,
    })),
  };
}

const nosec = { security: 'nosec_sc', securityDefinitions: { nosec_sc: { scheme: 'nosec' } } };

/** The contexts of the standard, then whatever else `context` names. */
export function withTdContexts(context: JsonValue | undefined): JsonValue {
  const others = [context ?? []]
    .flat()
    .filter((one) => !(tdContexts as readonly unknown[]).includes(one));
  return [...tdContexts, ...others];
}

/** The last part of an id, as people would read it: `my-lamp-1234`. */
function titleOf(id: ThingId): string {
  const last = id.split(/[:/#?]/).findLast((part) => part !== '') ?? id;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

const namesTheStandard: Check = (td, _at, findings) => {
  if (!isJsonObject(td) || td['@context'] === undefined) return;
  const contexts = [td['@context']].flat();
  if (!tdContexts.some((context) => contexts.includes(context)))
    findings.add('/@context', `it must name ${tdContexts.join(' or ')}`);
};

const hasUriAsId: Check = (td, _at, findings) => {
  if (!isJsonObject(td) || typeof td.id !== 'string') return;
  try {
    ThingId(td.id);
  } catch (error) {
    findings.add('/id', (error as Problem).detail);
  }
};

const namesKnownSchemes: Check = (td, at, findings) => {
  if (!isJsonObject(td) || !isJsonObject(td.securityDefinitions)) return;
  const known = td.securityDefinitions;
  const look = (holder: JsonValue, place: string) => {
    if (!isJsonObject(holder)) return;
    for (const name of [holder.security ?? []].flat()) {
      if (typeof name === 'string' && !Object.hasOwn(known, name))
        findings.add(pointerTo(place, 'security'), `${show(name)} is not in securityDefinitions`);
    }
  };
  look(td, at);
  for (const [form, place] of formsOf(td)) look(form, place);
};

/** All forms of a document, with their places. */
function formsOf(td: JsonObject): readonly (readonly [form: JsonValue, place: string])[] {
  const holders = ['properties', 'actions', 'events'].flatMap((kind) =>
    Object.entries(td[kind] ?? {}).map(
      ([name, affordance]) => [affordance as JsonValue, pointerTo(`/${kind}`, name)] as const,
    ),
  );
  return [[td, ''] as const, ...holders].flatMap(([holder, place]) => {
    const forms = isJsonObject(holder) && Array.isArray(holder.forms) ? holder.forms : [];
    return forms.map((form, index) => [form, pointerTo(`${place}/forms`, index)] as const);
  });
}

const isNoModel: Check = (td, at, findings) => {
  if (isJsonObject(td) && [td['@type'] ?? []].flat().includes('tm:ThingModel'))
    findings.add(
      pointerTo(at, '@type'),
      'it is a Thing Model, of which a Thing must be made first',
    );
};

const announcedThing: Check = all(record(thingTerms({ mustHaveForms: false })), isNoModel);

const completeThing: Check = all(
  record(thingTerms({ mustHaveForms: true }), [
    '@context',
    'id',
    'title',
    'security',
    'securityDefinitions',
  ]),
  namesTheStandard,
  hasUriAsId,
  namesKnownSchemes,
  isNoModel,
);

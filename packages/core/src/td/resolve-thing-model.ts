import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { valueAt } from '../data/json-pointer.ts';
import { mergePatch } from '../data/merge-patch.ts';
import { show } from '../data/show.ts';
import { Problem } from '../problem/problem.ts';
import { extendsOf, listAt, parseThingModel, type ThingModel } from './thing-model.ts';

/** Brings the document of another model, by the `href` that names it without its fragment. */
export type ModelResolver = (href: string) => Promise<JsonValue>;

/** Most models that may stand on one another's shoulders. */
const maxDepth = 16;

/** Most references that are followed for one model: few that point at many soon make millions. */
const maxReferences = 1_000;

/**
 * Puts in what a Thing Model takes from others: the models it extends, and each `tm:ref`.
 *
 * What the model says itself wins; null takes away. Only `resolve` decides what is fetched, and from where.
 *
 * @throws {@link Problem} `td-invalid` when models go round in circles, a reference points at nothing, or one of them is no model.
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#thing-model-extension-import | WoT TD 1.1, 10.3.2}
 */
export async function resolveThingModel(
  model: ThingModel,
  resolve: ModelResolver,
): Promise<ThingModel> {
  return parseThingModel(
    await complete(model as JsonObject, { resolve, trail: [], spent: { references: 0 } }),
  );
}

interface Journey {
  readonly resolve: ModelResolver;
  /** The models and references on the way here, outermost first. */
  readonly trail: readonly string[];
  /** What all ways from one model have used up together. */
  readonly spent: { references: number };
}

async function complete(model: JsonObject, journey: Journey): Promise<JsonObject> {
  const own = (await withReferences(model, model, journey)) as JsonObject;
  let inherited: JsonObject = {};
  for (const href of extendsOf(own)) {
    const onward = further(journey, href);
    const base = await complete(await fetched(href, journey), onward);
    inherited = combined(inherited, base);
  }
  return combined(inherited, own);
}

/** What `model` says, on top of what it extends. */
function combined(base: JsonObject, model: JsonObject): JsonObject {
  const { id, links, ...rest } = base;
  const ownLinks = listAt(model, 'links').filter(
    (link) => !isJsonObject(link) || link.rel !== 'tm:extends',
  );
  const merged = mergePatch(rest, model) as JsonObject;
  const lists = ['tm:optional', 'tm:required'].flatMap((term) => {
    const both = new Set([...listAt(base, term), ...listAt(model, term)]);
    return both.size === 0 ? [] : [[term, [...both]] as const];
  });
  return {
    ...merged,
    ...(links || model.links ? { links: ownLinks } : {}),
    ...Object.fromEntries(lists),
  };
}

async function withReferences(
  value: JsonValue,
  root: JsonObject,
  journey: Journey,
): Promise<JsonValue> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => withReferences(item, root, journey)));
  }
  const { 'tm:ref': reference, ...own } = value as JsonObject;
  const entries = Object.entries(own).map(
    async ([name, member]) => [name, await withReferences(member, root, journey)] as const,
  );
  const completed = Object.fromEntries(await Promise.all(entries));
  if (reference === undefined) return completed;
  return mergePatch(await referred(reference, root, journey), completed);
}

async function referred(
  reference: JsonValue,
  root: JsonObject,
  journey: Journey,
): Promise<JsonValue> {
  const [href, pointer] = String(reference).split('#');
  if (pointer === undefined)
    throw new Problem('td-invalid', `tm:ref ${show(reference)} has no JSON pointer after '#'`);
  const onward = further(journey, String(reference));
  const document = href ? await fetched(href, journey) : root;
  const target = valueAt(document, decoded(pointer));
  if (target === undefined)
    throw new Problem('td-invalid', `tm:ref ${show(reference)} points at nothing`);
  return withReferences(target, document, onward);
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

async function fetched(href: string, { resolve }: Journey): Promise<JsonObject> {
  return parseThingModel(await resolve(href)) as JsonObject;
}

function further({ resolve, trail, spent }: Journey, step: string): Journey {
  const refuse = (detail: string) => new Problem('td-invalid', detail);
  if (trail.includes(step))
    throw refuse(`Thing Models go round in circles: ${[...trail, step].join(' → ')}`);
  if (trail.length >= maxDepth)
    throw refuse(`Thing Models build on one another more than ${maxDepth} deep`);
  if (++spent.references > maxReferences)
    throw refuse(`a Thing Model leads to more than ${maxReferences} references`);
  return { resolve, trail: [...trail, step], spent };
}

import { type Check, Findings, record } from '../data/check.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { pointerTo, valueAt, withoutMember } from '../data/json-pointer.ts';
import { show } from '../data/show.ts';
import { parseThingDescription } from './parse.ts';
import { fillPlaceholders, holdsPlaceholder } from './placeholders.ts';
import { thingTerms } from './td-terms.ts';
import type { ThingDescription } from './thing-description.ts';
import type { ThingId } from './thing-id.ts';

/** The `@type` by which a Thing Model is known. */
export const thingModelType = 'tm:ThingModel';

/**
 * A template of Thing Descriptions, as {@link parseThingModel} checked it.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#thing-model | WoT TD 1.1, 10 Thing Model}
 */
export interface ThingModel {
  readonly '@type': string | readonly string[];
  readonly [term: string]: JsonValue | undefined;
}

/** What makes one Thing of a Thing Model. */
export interface InstanceOptions {
  readonly id: ThingId;
  /** What stands for each `{{placeholder}}`; one that is the whole text takes the type of its value. */
  readonly placeholders?: Readonly<Record<string, JsonValue>>;
  /** JSON pointers of optional affordances that this Thing does not have: `/actions/fade`. */
  readonly without?: readonly string[];
  /** Where the model can be found; the Thing then links to it with `rel: type`. */
  readonly href?: string;
  /** Version of the Thing itself. Default: that of the model. */
  readonly instance?: string;
}

/**
 * Reads a Thing Model. Nothing is filled in, and a text with a `{{placeholder}}` may stand for any value.
 *
 * @throws {@link Problem} `td-invalid` with everything that is wrong in `validationErrors`.
 */
export function parseThingModel(document: JsonValue): ThingModel {
  const findings = new Findings((field) => !isLeftOpen(document, field));
  checkModel(document, '', findings);
  findings.throwIfAny('td-invalid', 'the Thing Model');
  return document as ThingModel;
}

/**
 * Makes a Thing Description of a Thing Model, checked and with defaults as one that a Thing announces on the bus.
 *
 * @param model one without `tm:extends` and `tm:ref`: see `resolveThingModel`
 * @throws {@link Problem} `td-invalid` when a placeholder has no value, something that is required is left out,
 * or the outcome is not a Thing Description.
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#thing-model-td-generation | WoT TD 1.1, 10.4}
 */
export function instantiateThingModel(
  model: ThingModel,
  options: InstanceOptions,
): ThingDescription {
  const findings = new Findings();
  mustBeResolved(model as JsonValue, '', findings);
  mustBeOptional(model, options.without ?? [], findings);
  const filled = fillPlaceholders(model as JsonValue, options.placeholders ?? {}, findings);
  findings.throwIfAny('td-invalid', 'the Thing Model');
  const document = (options.without ?? []).reduce(withoutMember, filled);
  return parseThingDescription(asThing(document as JsonObject, options), { id: options.id });
}

/**
 * Whether what stands at `field` is not yet said: a model may leave out anything but what makes it one,
 * a placeholder may become anything, and null takes away what the model inherits.
 */
function isLeftOpen(document: JsonValue, field: string): boolean {
  const value = valueAt(document, field);
  if (value === undefined) return !requiredTerms.some((term) => field === pointerTo('', term));
  return holdsPlaceholder(value) || (value === null && field !== '');
}

const requiredTerms = ['@context', '@type'];

const modelTerms: Readonly<Record<string, Check>> = {
  ...thingTerms({ mustHaveForms: false }),
  version: record({}),
};

const checkModel: Check = (value, at, findings) => {
  record(modelTerms, requiredTerms)(value, at, findings);
  if (!isJsonObject(value)) return;
  if (!typesOf(value).includes(thingModelType))
    findings.add('/@type', `it must name '${thingModelType}'`);
  for (const term of ['tm:optional', 'tm:required']) {
    for (const [index, pointer] of listAt(value, term).entries()) {
      if (!isAffordance(value, pointer))
        findings.add(
          pointerTo(pointerTo('', term), index),
          `${show(pointer)} does not point at an affordance of the model`,
        );
    }
  }
};

function isAffordance(model: JsonObject, pointer: JsonValue): boolean {
  return (
    typeof pointer === 'string' &&
    /^\/(properties|actions|events)\/[^/]+$/.test(pointer) &&
    (valueAt(model, pointer) !== undefined || extendsOf(model).length > 0)
  );
}

/** The models that `model` extends, by its links. */
export function extendsOf(model: JsonObject): readonly string[] {
  return listAt(model, 'links').flatMap((link) =>
    isJsonObject(link) && link.rel === 'tm:extends' && typeof link.href === 'string'
      ? [link.href]
      : [],
  );
}

/** The items of a member that should be an array; none where it is not. */
export function listAt(parent: JsonObject, name: string): readonly JsonValue[] {
  const list = parent[name];
  return Array.isArray(list) ? list : [];
}

function typesOf(model: JsonObject): readonly JsonValue[] {
  return [model['@type'] ?? []].flat();
}

function mustBeResolved(value: JsonValue, at: string, findings: Findings): void {
  if (at === '' && isJsonObject(value)) {
    for (const href of extendsOf(value))
      findings.add('/links', `it extends ${show(href)}, which was not resolved`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'tm:ref') findings.add(pointerTo(at, name), `${show(member)} was not resolved`);
    else mustBeResolved(member, pointerTo(at, name), findings);
  }
}

function mustBeOptional(model: ThingModel, without: readonly string[], findings: Findings): void {
  const isOptional = optionality(model as JsonObject);
  for (const pointer of without) {
    if (!isOptional(pointer))
      findings.add(pointer, 'the model does not say that this may be left out');
  }
}

/** Drafts of TD 1.1 named in `tm:required` what must stay; the standard names in `tm:optional` what need not. */
function optionality(model: JsonObject): (pointer: string) => boolean {
  const optional = listAt(model, 'tm:optional');
  const required = model['tm:required'];
  if (!Array.isArray(required)) return (pointer) => optional.includes(pointer);
  return (pointer) =>
    optional.includes(pointer) || (isAffordance(model, pointer) && !required.includes(pointer));
}

/** The model's document as that of a Thing: without what only a model says. */
function asThing(document: JsonObject, { id, href, instance }: InstanceOptions): JsonObject {
  const { 'tm:optional': _, 'tm:required': __, '@type': ___, version, links, ...rest } = document;
  const types = typesOf(document).filter((type) => type !== thingModelType);
  const model = isJsonObject(version) ? version.model : undefined;
  const ownLinks = [
    ...listAt(document, 'links').filter((link) => !isModelLink(link)),
    ...(href === undefined ? [] : [{ rel: 'type', href, type: 'application/tm+json' }]),
  ];
  return {
    ...rest,
    id,
    ...(types.length > 0 && { '@type': types }),
    ...((instance ?? model) !== undefined && {
      version: { instance: instance ?? model ?? '', ...(model !== undefined && { model }) },
    }),
    ...(ownLinks.length > 0 && { links: ownLinks }),
  };
}

function isModelLink(link: JsonValue): boolean {
  return isJsonObject(link) && String(link.rel).startsWith('tm:');
}

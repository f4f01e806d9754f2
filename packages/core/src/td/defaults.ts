import { isJsonObject, type JsonObject, type JsonValue } from '../data/json.ts';
import { operations } from './td-terms.ts';

/**
 * A Thing Description with what it leaves to a default written out.
 *
 * @param td one that was checked
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#sec-default-values | WoT TD 1.1, 5.4}
 */
export function withDefaults(td: JsonObject): JsonObject {
  return {
    ...td,
    ...mapped(td, 'properties', propertyDefaults),
    ...mapped(td, 'actions', actionDefaults),
    ...mapped(td, 'events', (event) => ({ ...event, ...withForms(event, operations.event) })),
    ...withForms(td, undefined),
    ...mapped(td, 'securityDefinitions', securityDefaults),
  };
}

/** The member `name` of `parent` with each of its entries changed; nothing where there is no such member. */
export function mapped(
  parent: JsonObject,
  name: string,
  change: (entry: JsonObject) => JsonObject,
): JsonObject {
  const entries = parent[name];
  if (!isJsonObject(entries)) return {};
  const changed = Object.entries(entries).map(
    ([key, entry]) => [key, isJsonObject(entry) ? change(entry) : entry] as const,
  );
  return { [name]: Object.fromEntries(changed) };
}

function propertyDefaults(property: JsonObject): JsonObject {
  const { readOnly = false, writeOnly = false, observable = false } = property;
  const op = [...(writeOnly ? [] : ['readproperty']), ...(readOnly ? [] : ['writeproperty'])];
  return { ...property, readOnly, writeOnly, observable, ...withForms(property, op) };
}

function actionDefaults(action: JsonObject): JsonObject {
  const { safe = false, idempotent = false } = action;
  return { ...action, safe, idempotent, ...withForms(action, ['invokeaction']) };
}

function withForms(parent: JsonObject, op: readonly string[] | undefined): JsonObject {
  const { forms } = parent;
  if (!Array.isArray(forms)) return {};
  return { forms: forms.map((form) => formDefaults(form, op)) };
}

function formDefaults(form: JsonObject, op: readonly string[] | undefined): JsonObject {
  const { contentType = 'application/json', additionalResponses } = form;
  return {
    ...form,
    contentType,
    ...(form.op === undefined && op !== undefined && { op }),
    ...(additionalResponses !== undefined && {
      additionalResponses: [additionalResponses]
        .flat()
        .map((response) => ({ success: false, contentType, ...(response as JsonObject) })),
    }),
  };
}

const schemeDefaults: Readonly<Record<string, JsonObject>> = {
  basic: { in: 'header' },
  digest: { in: 'header', qop: 'auth' },
  apikey: { in: 'query' },
  bearer: { in: 'header', alg: 'ES256', format: 'jwt' },
};

function securityDefaults(scheme: JsonObject): JsonObject {
  const name: JsonValue | undefined = scheme.scheme;
  const known = typeof name === 'string' && Object.hasOwn(schemeDefaults, name);
  return known ? { ...schemeDefaults[name], ...scheme } : scheme;
}

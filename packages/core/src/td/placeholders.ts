import type { Findings } from '../data/check.ts';
import type { JsonValue } from '../data/json.ts';
import { pointerTo } from '../data/json-pointer.ts';

// No braces inside, so that a long row of braces is read once.
const placeholder = /\{\{([^{}]+)\}\}/g;

/** Whether `value` is a text with a `{{placeholder}}` in it. */
export function holdsPlaceholder(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.search(placeholder) >= 0;
}

/**
 * A copy of a model with each `{{placeholder}}` replaced; one without a value is added to `findings`.
 *
 * A placeholder that is the whole text takes the type of its value, so `"{{max}}"` may become a number.
 *
 * @see {@link https://www.w3.org/TR/wot-thing-description11/#thing-model-td-placeholder | WoT TD 1.1, 10.3.4 Placeholder}
 */
export function fillPlaceholders(
  model: JsonValue,
  values: Readonly<Record<string, JsonValue>>,
  findings: Findings,
): JsonValue {
  const lookUp = (name: string, at: string): JsonValue => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) findings.add(at, `the placeholder '${name}' has no value`);
    return value ?? null;
  };
  const fillText = (text: string, at: string): JsonValue => {
    const [first, ...more] = text.matchAll(placeholder);
    if (first === undefined) return text;
    if (more.length === 0 && first[0] === text) return lookUp(first[1] ?? '', at);
    return text.replace(placeholder, (_, name: string) => asText(lookUp(name, at)));
  };
  const fill = (value: JsonValue, at: string): JsonValue => {
    if (typeof value === 'string') return fillText(value, at);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item, index) => fill(item, pointerTo(at, index)));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, fill(member, pointerTo(at, name))]),
    );
  };
  return fill(model, '');
}

function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

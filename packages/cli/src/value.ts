import type { DataSchema, JsonValue } from '@thingtalk/core';

/**
 * Reads a value as it is typed in a shell: JSON where it is JSON of the type the schema wants, else the text itself.
 *
 * `40` is a number for a brightness and the text `40` for a name; whether it fits is for the gateway to say.
 */
export function readValue(text: string, schema: DataSchema | undefined): JsonValue {
  const json = parse(text);
  if (json === undefined) return text;
  return wantsText(schema) && typeof json !== 'string' ? text : json;
}

function wantsText(schema: DataSchema | undefined): boolean {
  if (schema?.type !== undefined) return schema.type === 'string';
  return (
    schema?.enum?.every((value) => typeof value === 'string') ?? typeof schema?.const === 'string'
  );
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

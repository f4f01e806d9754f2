import { isUtf8 } from 'node:buffer';
import { type JsonValue, Problem, parseJson, tdLimits } from '@thingtalk/core';

/** Largest body of a request, in bytes, unless it is a Thing Description. */
export const bodyLimit = 256 * 1024;

/** Largest Thing Description in a request, in bytes. */
export const tdBodyLimit = 1024 * 1024;

/** Content types whose bodies are read, and what such a document may be. */
export const jsonTypes = {
  'application/json': undefined,
  'application/td+json': tdLimits,
  'application/merge-patch+json': tdLimits,
} as const;

/** A content type of a body that is JSON. */
export type JsonType = keyof typeof jsonTypes;

/** The content type of forms: only rows that say so take it, since any page may make a browser send one. */
export const formType = 'application/x-www-form-urlencoded';

/** A content type that a body may have. */
export type BodyType = JsonType | typeof formType;

/** Whether bodies of a type can be read here. */
export function isBodyType(type: string): type is BodyType {
  return type === formType || Object.hasOwn(jsonTypes, type);
}

/**
 * Reads a body; nothing at all is `undefined`.
 *
 * @throws {@link Problem} `payload-invalid` when it is no such document.
 */
export function readDocument(bytes: Buffer, type: BodyType): JsonValue | undefined {
  return type === formType ? readForm(bytes) : readJsonBody(bytes, type);
}

/**
 * Reads a JSON body; nothing at all is `undefined`.
 *
 * @throws {@link Problem} `payload-invalid` when it is not UTF-8, not JSON, too deep, or has too many members.
 */
export function readJsonBody(bytes: Buffer, type: JsonType): JsonValue | undefined {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Problem('payload-invalid', 'the body is not UTF-8');
  return parseJson(bytes.toString('utf8'), jsonTypes[type]);
}

/** Most fields of a form. */
const maxFields = 100;

/**
 * Reads a form as an object of texts; nothing at all is `undefined`.
 *
 * @throws {@link Problem} `payload-invalid` when it is not UTF-8, has too many fields, or one of them twice.
 */
export function readForm(bytes: Buffer): JsonValue | undefined {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Problem('payload-invalid', 'the body is not UTF-8');
  const fields = [...new URLSearchParams(bytes.toString('utf8'))];
  if (fields.length > maxFields) {
    throw new Problem('payload-invalid', `a form of more than ${maxFields} fields`);
  }
  const form: Record<string, string> = Object.fromEntries(fields);
  if (Object.keys(form).length !== fields.length) {
    throw new Problem('payload-invalid', 'a field of the form comes twice');
  }
  return form;
}

/** The media type of a content-type header, without its parameters, in lower case. */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  interpretedSchemas,
  type JsonValue,
  Problem,
  type PropertyAffordance,
  parseThingDescription,
  type ThingDefinition,
} from '@thingtalk/core';
import { CliError } from './cli-error.ts';

/**
 * Loads the things that a TypeScript or JavaScript file defines by its default export: one, several, or a function
 * (asynchronous if it likes) that gives them.
 *
 * @throws {@link CliError} that names the file and what to mend in it.
 */
export async function loadDefinitions(file: string): Promise<readonly ThingDefinition[]> {
  const exported = await given(file, await importDefault(file));
  const all = Array.isArray(exported) ? exported : [exported];
  if (all.length === 0) throw wrong(file, 'the default export is an empty list of things');
  const definitions = all.map((one, at) => {
    const place = Array.isArray(exported)
      ? `item ${at} of the default export`
      : 'the default export';
    if (isDefinition(one)) return one;
    throw wrong(file, `${place} is ${kindOf(one)}, not a thing: make it with defineThing(...)`);
  });
  definitions.forEach((definition, at) => {
    check(file, definition);
    if (definitions.findIndex(({ id }) => id === definition.id) !== at) {
      throw wrong(file, `two things have the id '${definition.id}'`);
    }
  });
  return definitions.map((definition) => blamed(file, definition));
}

/** A `start` that throws is a mistake in the file, and told as one. */
function blamed(file: string, definition: ThingDefinition): ThingDefinition {
  const { id, handlers } = definition;
  if (handlers.start === undefined) return definition;
  const start: typeof handlers.start = (thing) => {
    try {
      return handlers.start?.(thing);
    } catch (error) {
      throw failed(file, `the start of ${id} failed`, error);
    }
  };
  return { ...definition, handlers: { ...handlers, start } };
}

async function importDefault(file: string): Promise<unknown> {
  const path = resolve(file);
  if (!existsSync(path)) throw wrong(file, 'there is no such file');
  if (!statSync(path).isFile()) throw wrong(file, 'this is not a file');
  const module: Readonly<Record<string, unknown>> = await explain(
    file,
    'cannot be loaded',
    () => import(pathToFileURL(path).href),
  );
  if (module.default !== undefined) return module.default;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw wrong(file, `there is no default export (it exports ${names}); write 'export default ...'`);
}

async function given(file: string, exported: unknown): Promise<unknown> {
  if (typeof exported !== 'function') return exported;
  return await explain(file, 'its default function failed', async () => exported());
}

async function explain<R>(file: string, what: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw failed(file, what, error);
  }
}

function failed(file: string, what: string, error: unknown): CliError {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
  const isMissing =
    error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  const hint = isMissing ? '; install what it imports, as by npm i @thingtalk/core' : '';
  return new CliError('usage', `${file}: ${what}: ${message}${hint}`, { cause: error });
}

/** Looked at before anything is started, so that all mistakes of a description are told at once. */
function check(file: string, { id, td, handlers }: ThingDefinition): void {
  try {
    const { properties = {} } = parseThingDescription(td as unknown as JsonValue, { id });
    checkInitial(`${file}: the initial values of ${id}`, properties, handlers.initial ?? {});
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const places = (error.validationErrors ?? []).map(
      ({ field, description }) => `\n  at ${field === '' ? '/' : field}: ${description}`,
    );
    const message = `${file}: the description of ${id} does not hold: ${error.detail}`;
    throw new CliError('usage', message + places.join(''), { cause: error });
  }
}

function checkInitial(
  what: string,
  properties: Readonly<Record<string, PropertyAffordance>>,
  initial: Readonly<Record<string, unknown>>,
): void {
  const schemas = interpretedSchemas();
  const places = Object.entries(initial).flatMap(([name, value]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) return [`\n  at /${name}: there is no such property`];
    const errors = schemas.compile(property)(value) ?? [];
    return errors.map(({ field, description }) => `\n  at /${name}${field}: ${description}`);
  });
  if (places.length > 0) throw new CliError('usage', `${what} do not fit:${places.join('')}`);
}

function isDefinition(value: unknown): value is ThingDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { id, td, handlers } = value as Partial<Record<keyof ThingDefinition, unknown>>;
  return typeof id === 'string' && isObject(td) && isObject(handlers);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

function wrong(file: string, detail: string): CliError {
  return new CliError('usage', `${file}: ${detail}`);
}

import { CliError } from './cli-error.ts';

/** What may be done, in the order in which it is shown. */
export const rights = ['read', 'write', 'observe', 'invoke', 'subscribe', 'manage'] as const;

/** What is written where rights are meant, for the help. */
export const rightsHelp = `${rights.join(', ')}; with commas between, or use: all of them but manage`;

/** What is written where things are meant, for the help. */
export const targetHelp = "a thing's id, tag:NAME, type:NAME or all";

/**
 * Reads rights: `read,write`, or `use`.
 *
 * @throws {@link CliError} that names what is none.
 */
export function rightsOf(text: string): readonly string[] {
  if (text === 'use') return rights.filter((right) => right !== 'manage');
  const named = text.split(',').map((right) => right.trim());
  const wrong = named.find((right) => !(rights as readonly string[]).includes(right));
  if (wrong === undefined) return named;
  throw new CliError('usage', `'${wrong}' is no right: ${rightsHelp}`);
}

/**
 * Reads what a grant is about.
 *
 * @throws {@link CliError} when an affordance is named without its thing.
 */
export function targetOf(
  text: string,
  affordance?: string,
): string | Readonly<Record<string, string>> {
  const [, kind, name] = /^(tag|type):(.+)$/.exec(text) ?? [];
  const isThing = text !== 'all' && kind === undefined;
  if (affordance !== undefined && !isThing) {
    throw new CliError('usage', `--affordance names one of a thing, and '${text}' is none`);
  }
  if (kind !== undefined && name !== undefined) return { [kind]: name };
  if (!isThing) return 'all';
  return { thing: text, ...(affordance !== undefined && { affordance }) };
}

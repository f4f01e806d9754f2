import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './cli-error.ts';

/** How somebody is asked. */
export interface AskOptions {
  /** Whether what they type is shown. Default true. */
  readonly isShown?: boolean;
  /** How it can be given where nobody can be asked: a flag. */
  readonly orBy: string;
}

/**
 * Asks whoever sits at the terminal for a line.
 *
 * @throws {@link CliError} where nobody sits there, naming the flag; when they press Ctrl-C.
 */
export async function ask(question: string, { isShown = true, orBy }: AskOptions): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new CliError('usage', `there is no terminal to ask at: give it by ${orBy}`);
  }
  stderr.write(`${question}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: stdin,
    output: isShown ? stderr : nowhere,
    terminal: true,
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new CliError('interrupted', 'interrupted')));
      lines.once('close', () => reject(new CliError('usage', `nothing was said to: ${question}`)));
    });
  } finally {
    lines.close();
    if (!isShown) stderr.write('\n');
  }
}

/** The first line of a file; of what is piped in for `-`. */
export function firstLine(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new CliError('usage', `${file} cannot be read: ${(error as Error).message}`);
  }
}

/** A password: from a file, or asked for, twice where it is new. It is never an argument, which others could read. */
export async function askPassword(
  file: string | undefined,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<string> {
  if (file !== undefined) return firstLine(file);
  const options = { isShown: false, orBy: '--password-file' };
  const password = await ask(isNew ? 'New password' : 'Password', options);
  if (isNew && (await ask('And again', options)) !== password) {
    throw new CliError('usage', 'the passwords differ');
  }
  return password;
}

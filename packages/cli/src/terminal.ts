/** Where a command speaks: answers to `out`, everything about them to `err`. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person reads the answers; colours and tables that fit the screen are for people. */
  readonly isInteractive: boolean;
  readonly style: Style;
  /** Aborts at the first SIGINT or SIGTERM: what runs on ends in good order. */
  readonly interrupted: AbortSignal;
  /** Writes a line of the answer. */
  out(line: string): void;
  /** Writes a line about the answer. */
  err(line: string): void;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Wraps text in a colour, or leaves it as it is. */
export type Style = { readonly [C in keyof typeof codes]: (text: string) => string };

/** Colours, when wanted. */
export function styleFor(isColoured: boolean): Style {
  const paint = (code: number) => (text: string) =>
    isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
  return Object.fromEntries(
    Object.entries(codes).map(([name, code]) => [name, paint(code)]),
  ) as Style;
}

/**
 * Whether to colour: on a terminal that can, unless the user says otherwise.
 *
 * @see {@link https://no-color.org | NO_COLOR}
 */
export function wantsColour(
  env: Terminal['env'],
  isTerminal: boolean,
  args: readonly string[],
): boolean {
  if (args.includes('--no-color') || (env.NO_COLOR ?? '') !== '') return false;
  return isTerminal && env.TERM !== 'dumb';
}

/**
 * Text from elsewhere as it is safe on a terminal: control characters, which could move the cursor or hide a line,
 * are shown as what they are.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** The terminal this process was started in. */
export function processTerminal(args: readonly string[]): Terminal {
  const { env, stdout, stderr } = process;
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second says that the first takes too long.
      if (interrupt.signal.aborted) process.exit(130);
      interrupt.abort(signal);
    });
  }
  // `thingtalk things | head -1` closes the pipe: that is the reader's right, and no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    env,
    isInteractive: stdout.isTTY === true,
    style: styleFor(wantsColour(env, stdout.isTTY === true, args)),
    interrupted: interrupt.signal,
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
  };
}

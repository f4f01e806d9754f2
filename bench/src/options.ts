import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** Row names, or the beginnings of them; empty means all. */
  readonly only: readonly string[];
  /** Rounds per row; the medians are taken over them. */
  readonly rounds: number;
  /** Length of one measurement in seconds. */
  readonly seconds: number;
  /** Print the results as JSON instead of the table. */
  readonly json: boolean;
  /** Write a V8 CPU profile of every server of ours beside the results. */
  readonly profile: boolean;
}

/** The text of `--help`. */
export const helpText = `Usage: npm run bench -- [options]

Measures thingTalk against raw Node and its peers, in the same run, and prints the ratios.

Options
  --only NAME     a row, or the beginning of its name; may be repeated: --only get --only fan-out
  --quick         1-second measurements: for a first look, not for claims
  --rounds N      rounds per row, at least 3 (default 5; quick 3)
  --profile       write a CPU profile of our servers to bench/results/ (slows them: not for claims)
  --json          print JSON instead of the table
  --list          print the names of the rows
  --help          print this

Examples
  npm run bench
  npm run bench -- --quick --only get --only put

Results go to bench/results/ as JSON and Markdown. The method is in bench/README.md.
`;

/** What to do: measure, or print a text and leave. */
export type Command =
  | { readonly kind: 'measure'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'refuse'; readonly reason: string };

/** Reads the command line. */
export function readCommand(args: readonly string[]): Command {
  try {
    return parse(args);
  } catch (error) {
    return { kind: 'refuse', reason: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  if (!Number.isInteger(rounds) || rounds < 3) {
    return { kind: 'refuse', reason: `--rounds ${values.rounds}: give a whole number from 3` };
  }
  const { only, json, profile } = values;
  const seconds = values.quick ? 1 : 3;
  return { kind: 'measure', options: { only, rounds, seconds, json, profile } };
}

/** A system call, as `strace -f -y -xx -o` tells of it. */
export interface Call {
  readonly name: string;
  /** What stands between its brackets: a text as its bytes, anything else as strace has it. */
  readonly args: readonly (string | Buffer)[];
  /** What it returned; `undefined` when the program ended before it did. */
  readonly result: number | undefined;
  /** The line in which it began. */
  readonly begun: number;
  /** The line in which it had returned; infinite when it never did. */
  readonly ended: number;
}

const whole = /^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)/;
const begins = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const ends = /^(\d+) +<\.\.\. \w+ resumed>.*\) += (-?\d+|\?)/;
/** What became of a thread. */
const fate = /^\d+ +(\+\+\+|---) /;

/**
 * Reads a trace. What several threads do at once stands in it in the order in which the kernel did it.
 *
 * @param firstLine the number of its first line, where it goes on after another trace. Default 0.
 * @returns its calls in the order in which they began.
 * @throws `Error` for a line that is not one of strace's.
 */
export function readCalls(trace: string, firstLine = 0): readonly Call[] {
  const calls: Call[] = [];
  /** By thread the call that it is in, as its place in `calls`. */
  const under = new Map<string, number>();
  for (const [n, line] of trace.split('\n').entries()) {
    if (line === '' || fate.test(line)) continue;
    const at = firstLine + n;
    const [, thread = '', result] = ends.exec(line) ?? [];
    if (result !== undefined) {
      const place = under.get(thread) ?? -1;
      const call = calls[place];
      if (call === undefined) throw new Error(`this ended and had not begun: ${line}`);
      calls[place] = { ...call, ...outcome(result, at) };
      continue;
    }
    const { args, ...begun } = partsOf(line);
    if (begun.result === undefined) under.set(begun.thread, calls.length);
    calls.push({
      name: begun.name,
      args: args.split(/, ?/).map(read),
      begun: at,
      ...outcome(begun.result ?? '?', at),
    });
  }
  return calls;
}

function partsOf(line: string) {
  const [, thread, name, args, result] = whole.exec(line) ?? begins.exec(line) ?? [];
  if (thread === undefined || name === undefined || args === undefined) {
    throw new Error(`this is no line of strace: ${line.slice(0, 200)}`);
  }
  return { thread, name, args, result };
}

function outcome(result: string, at: number): Pick<Call, 'result' | 'ended'> {
  return result === '?'
    ? { result: undefined, ended: Number.POSITIVE_INFINITY }
    : { result: Number(result), ended: at };
}

/** @throws `Error` for a text that strace has cut off. */
function read(arg: string): string | Buffer {
  if (!arg.startsWith('"')) return arg;
  if (!arg.endsWith('"')) throw new Error(`a text is not whole: it ends with ${arg.slice(-20)}`);
  return fromHex(arg.slice(1, -1));
}

const fromHex = (text: string) => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** The path that an argument of a call is, or what the descriptor is open on; `undefined` when it is neither. */
export function pathIn(arg: string | Buffer = ''): string | undefined {
  if (typeof arg !== 'string') return arg.toString();
  const [, path] = /^\w+<(.*)>$/.exec(arg) ?? [];
  return path === undefined ? undefined : fromHex(path).toString();
}

import { styleFor, type Terminal } from './terminal.ts';

/** A terminal that remembers what was said. */
export interface TestTerminal extends Terminal {
  readonly answers: string[];
  readonly remarks: string[];
}

/** One without colours, of a user who is patient; nothing answers at its gateway's address. */
export function testTerminal(env: Terminal['env'] = {}): TestTerminal {
  const answers: string[] = [];
  const remarks: string[] = [];
  return {
    // Port 9 is one that fetch refuses to ask at all, so no test finds somebody there by chance.
    env: { THINGTALK_URL: 'http://127.0.0.1:9', ...env },
    isInteractive: false,
    style: styleFor(false),
    interrupted: new AbortController().signal,
    answers,
    remarks,
    out: (line) => void answers.push(line),
    err: (line) => void remarks.push(line),
  };
}

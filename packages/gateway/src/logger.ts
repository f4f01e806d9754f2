import { type Logger, pino, stdSerializers } from 'pino';
import type { LogLevel } from './settings/kinds.ts';

/** What must not be read in a log, wherever it stands in what is logged. */
const secrets = ['password', 'token', 'authorization', 'cookie', 'key'];

/**
 * The gateway's log: a JSON object a line, on the error output, so that the standard output stays free for answers.
 *
 * Passwords, tokens and keys are blotted out.
 */
export function createLogger(level: LogLevel): Logger {
  const paths = secrets.flatMap((name) => [name, `*.${name}`]);
  const { err } = stdSerializers;
  const options = {
    level,
    base: null,
    serializers: { err, error: err },
    redact: { paths, censor: '[secret]' },
  };
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

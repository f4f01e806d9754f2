import { ProblemError } from '@thingtalk/client';
import { Problem } from '@thingtalk/core';
import type { SettingsError } from '@thingtalk/gateway';
import type { ExitName } from './exit-codes.ts';

/** A failure that the command itself found, in a sentence for the user. */
export class CliError extends Error {
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}

/** A failure as it is told: the exit code's name, the sentences, and with `--json` the document. */
export interface Told {
  readonly exit: ExitName;
  readonly lines: readonly string[];
  readonly document: object;
}

/** What a failure means to the user; a bug is told without its stack. */
export function tell(error: unknown): Told {
  if (error instanceof ProblemError || error instanceof Problem) {
    const places = (error.validationErrors ?? [])
      .filter(({ description }) => !error.detail.includes(description))
      .map(
        ({ field, description }) => `  at ${field === '' ? 'the value' : field}: ${description}`,
      );
    return {
      exit: unreachable.has(error.name) ? 'unreachable' : 'problem',
      lines: [`${error.detail} (${error.name})`, ...places],
      document: error,
    };
  }
  if (isSettingsError(error)) {
    const lines = error.mistakes.map(({ place, detail }) => `${place}: ${detail}`);
    return { exit: 'usage', lines, document: { title: 'Wrong settings', errors: error.mistakes } };
  }
  if (error instanceof CliError) {
    return {
      exit: error.exit,
      lines: error.message.split('\n'),
      document: { title: 'The command failed', detail: error.message },
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const detail = `something broke in thingtalk itself: ${message}`;
  return { exit: 'internal', lines: [detail], document: { title: 'A bug', detail } };
}

const unreachable: ReadonlySet<string> = new Set(['gateway-unreachable', 'gateway-silent']);

/** Told by its name: its class would bring the whole gateway into every command. */
function isSettingsError(error: unknown): error is SettingsError {
  return error instanceof Error && error.name === 'SettingsError' && 'mistakes' in error;
}

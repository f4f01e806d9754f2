import { Problem } from '@thingtalk/core';
import type { Gateway } from '@thingtalk/gateway';
import { CliError } from './cli-error.ts';
import { type Context, interruption } from './context.ts';
import { table } from './table.ts';
import { printable } from './terminal.ts';
import { readVersion } from './version.ts';

/** On a terminal the log's JSON lines would bury what a person is told; they come when asked for, and for programs. */
export function quietLog({ terminal }: Context): { readonly logLevel?: string } {
  const isChosen = (terminal.env.THINGTALK_LOG_LEVEL ?? '') !== '';
  return terminal.isInteractive && !isChosen ? { logLevel: 'warn' } : {};
}

/** Shows a set-up code to whoever stands here. */
export function showSetupCode({ terminal, isJson }: Context): (setupCode: string) => void {
  return (setupCode) => {
    if (isJson) terminal.out(JSON.stringify({ setupCode }));
    else terminal.out(terminal.style.bold(`Set-up code, good for 15 minutes: ${setupCode}`));
  };
}

/** Runs a gateway until it is interrupted, and drains it; says where to look. */
export async function serve(context: Context, start: () => Promise<Gateway>): Promise<void> {
  await using gateway = await reaching(start);
  announce(gateway, context);
  if (!gateway.isSetUp) {
    gateway.setUp.then(
      () => announce(gateway, context),
      ({ message }: Error) =>
        context.terminal.err(`It is set up, but cannot serve as its settings say: ${message}`),
    );
  }
  await interruption(context.terminal);
  farewell(context);
}

/**
 * Starts something on a broker.
 *
 * @throws {@link CliError} `unreachable` when the broker is not there.
 */
export async function reaching<S>(start: () => Promise<S>): Promise<S> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Problem) || error.name !== 'thing-unreachable') throw error;
    throw new CliError('unreachable', error.detail, { cause: error });
  }
}

/** Says that it is ending, and how to make it end at once. */
export function farewell({ terminal, isJson }: Context): void {
  if (!isJson) terminal.err(terminal.style.dim('Ending in good order; Ctrl-C again ends at once.'));
}

/** A broker's URL as it may be shown: without its password. */
export function shownUrl(text: string): string {
  const url = new URL(text);
  if (url.password !== '') url.password = '***';
  return printable(url.href.replace(/\/$/, ''));
}

function announce(gateway: Gateway, { terminal, isJson }: Context): void {
  const { id, httpUrl, things, trust } = gateway;
  const mqttUrl = shownUrl(gateway.mqttUrl);
  if (isJson) {
    terminal.out(
      JSON.stringify({
        id,
        http: httpUrl,
        mqtt: mqttUrl,
        things: things.count,
        security: gateway.settings.security,
        authority: trust?.fingerprint,
      }),
    );
    return;
  }
  const { bold, cyan, dim, yellow } = terminal.style;
  if (gateway.security === undefined) {
    const who = 'everybody on this machine may do everything';
    terminal.out(yellow(bold(`DEMO, without security: ${who}`)));
  }
  terminal.out(bold(`thingTalk ${readVersion()} serves ${things.count} things`));
  const places = [
    ['Things', `${httpUrl}/things`],
    ['API page', `${httpUrl}/docs`],
    ['MQTT', mqttUrl],
  ] as const;
  for (const row of table(places.map(([name, url]) => [name, cyan(url)]))) {
    terminal.out(`  ${row}`);
  }
  if (gateway.security?.setup.isOpen) {
    terminal.out(yellow('Not set up: it serves this machine alone, whatever its settings say.'));
    terminal.out(`Set it up at ${cyan(`${httpUrl}/setup`)}, or by: thingtalk setup`);
  } else if (trust !== undefined) terminal.out(`\n${trust.notice}`);
  terminal.out(dim('Ctrl-C ends it.'));
}

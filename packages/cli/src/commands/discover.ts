import { type Logger, silentLogger, systemClock } from '@thingtalk/core';
import {
  Allowance,
  DnsSd,
  exploreService,
  type FoundThing,
  type WotService,
} from '@thingtalk/management/dns-sd';
import { type Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { type Context, examples } from '../context.ts';
import { printable } from '../terminal.ts';

interface Flags {
  readonly time: number;
}

/** Bytes that are read of one service. */
const bytesOfService = 16 * 1024 * 1024;

/** `thingtalk discover`: looks around the network by itself, without a gateway. */
export function define(command: Command, context: Context): void {
  command
    .addOption(
      new Option('--time <time>', 'how long to look, as 3s or 500ms')
        .argParser(duration)
        .default(3_000, '3s'),
    )
    .addHelpText(
      'after',
      examples('discover', 'discover --time 10s', 'discover --json | jq -r ".[].href"'),
    )
    .action(({ time }: Flags) => discover(time, context));
}

async function discover(timeMs: number, context: Context): Promise<void> {
  const { terminal, isJson } = context;
  const found = new Map<string, object>();
  const reading: Promise<void>[] = [];
  const until = AbortSignal.any([terminal.interrupted, AbortSignal.timeout(timeMs)]);

  const take = (thing: FoundThing, via: string) => {
    const { id, title, href } = thing;
    if (found.has(id)) return;
    if (!isJson) show(found.size === 0, [title, id, href, via], context);
    found.set(id, { id, title, href, via: 'dns-sd', from: via });
  };
  // Who announced itself and then cannot be read is what somebody who looks wants to hear of.
  const logger: Logger = { ...silentLogger, ...(!isJson && { debug: complainTo(context) }) };
  const read = async (service: WotService) => {
    const options = {
      signal: until,
      logger,
      allowance: new Allowance(bytesOfService),
    };
    for await (const thing of exploreService(service, options)) take(thing, service.instance);
  };

  await using dnsSd = new DnsSd({
    clock: systemClock,
    logger: silentLogger,
    onFound: (service) => void reading.push(read(service)),
  });
  dnsSd.start();
  await new Promise<void>((resolve) => {
    if (until.aborted) resolve();
    else until.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.all(reading);
  terminal.interrupted.throwIfAborted();

  if (isJson) terminal.out(JSON.stringify([...found.values()]));
  else if (found.size === 0) {
    const seconds = timeMs / 1_000;
    terminal.err(terminal.style.dim(`found nothing within ${seconds} s; try --time 10s`));
  }
}

function complainTo({ terminal }: Context): Logger['debug'] {
  return (fields) => {
    const { err, href } = fields as { readonly err?: unknown; readonly href?: string };
    const reason = err instanceof Error ? err.message : String(err);
    terminal.err(terminal.style.dim(printable(`not shown, ${href}: ${reason}`)));
  };
}

/** Columns of a table whose rows are not known yet when its head is shown. */
const widths = [28, 46, 60];

function show(isFirst: boolean, cells: readonly string[], { terminal }: Context): void {
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  if (isFirst) terminal.out(terminal.style.bold(line(['TITLE', 'ID', 'TD', 'VIA'])));
  terminal.out(line(cells));
}

/** Reads `3s` or `500ms`; a bare number counts seconds. */
function duration(text: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s)?$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (unit === 'ms' ? 1 : 1_000));
  if (ms >= 1 && ms <= 600_000) return ms;
  throw new CliError('usage', `'${text}' is not a time from 1ms to 600s, as 3s or 500ms`);
}

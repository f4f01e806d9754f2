import type { Client, ConsumedThing, Subscription } from '@thingtalk/client';
import { type JsonValue, ThingId, topicLevel } from '@thingtalk/core';
import type { Command } from 'commander';
import {
  type ClientFlags,
  type Context,
  examples,
  interruption,
  withClient,
  withClientFlags,
} from '../context.ts';
import { printable } from '../terminal.ts';
import { EveryThing } from './every-thing.ts';

/** Something that was seen: a value, or an event's data. */
interface Sighting {
  readonly thing: string;
  readonly kind: 'property' | 'event';
  readonly name: string;
  readonly value: JsonValue | undefined;
}

/** `thingtalk watch [id] [property]`: a line for each value and event, until Ctrl-C. */
export function define(command: Command, context: Context): void {
  command
    .argument(
      '[id]',
      "the thing's id, or its topic level; all things, later ones too, when left out",
    )
    .argument('[property]', 'one property alone, without events');
  withClientFlags(command, context)
    .addHelpText(
      'after',
      examples('watch', 'watch lamp', 'watch lamp brightness', 'watch --json | jq .value'),
    )
    .action((id: string | undefined, property: string | undefined, flags: ClientFlags) =>
      endlessly(context, () =>
        withClient(flags, context, (client) => watch(client, id, property, context)),
      ),
    );
}

async function watch(
  client: Client,
  id: string | undefined,
  property: string | undefined,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  const widths = { thing: 0, name: 0 };
  const see = (sighting: Sighting) => terminal.out(line(sighting, widths, context));
  const follow = (thing: ConsumedThing) => {
    const { properties, events } = thing.td;
    widths.thing = Math.max(widths.thing, levelOf(thing.id).length);
    widths.name = longest(Object.keys({ ...properties, ...events }), widths.name);
    return watchThing(thing, property, see);
  };
  client.onStatus((status) => {
    if (status.state === 'waiting') {
      terminal.err(terminal.style.yellow(`connection lost (${status.reason}); trying again`));
    }
  });
  if (id !== undefined) await follow(await client.consume(id));
  else {
    const onError = (error: unknown, each: string) =>
      terminal.err(terminal.style.yellow(`${printable(each)} is not watched: ${messageOf(error)}`));
    await new EveryThing(client, { follow, onError }).start();
  }
  await interruption(terminal);
}

/** To interrupt what has no end of its own is how it is done, and no failure. */
async function endlessly({ terminal }: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!terminal.interrupted.aborted) throw error;
  }
}

async function watchThing(
  thing: ConsumedThing,
  property: string | undefined,
  see: (sighting: Sighting) => void,
): Promise<readonly Subscription[]> {
  if (property !== undefined) {
    const hear = (value: JsonValue) =>
      see({ thing: thing.id, kind: 'property', name: property, value });
    return [await thing.observeProperty(property, hear)];
  }
  const begun = await Promise.all([
    hasAny(thing.td.properties) &&
      thing.observeAll(({ name, value }) =>
        see({ thing: thing.id, kind: 'property', name, value }),
      ),
    hasAny(thing.td.events) &&
      thing.subscribeAllEvents(({ name, data }) =>
        see({ thing: thing.id, kind: 'event', name, value: data }),
      ),
  ]);
  return begun.filter((each) => each !== false);
}

function hasAny(section: object | undefined): boolean {
  return Object.keys(section ?? {}).length > 0;
}

function longest(texts: readonly string[], atLeast: number): number {
  return Math.max(atLeast, ...texts.map((text) => text.length));
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}

function line(
  sighting: Sighting,
  widths: { readonly thing: number; readonly name: number },
  { terminal, isJson }: Context,
): string {
  const { thing, kind, name, value } = sighting;
  const time = new Date().toISOString();
  if (isJson) return JSON.stringify({ time, ...sighting });
  const { dim, yellow, cyan } = terminal.style;
  const mark = kind === 'event' ? yellow('!') : ' ';
  const shown = value === undefined ? '' : JSON.stringify(value);
  const level = printable(levelOf(thing)).padEnd(widths.thing);
  return `${dim(time.slice(11, 19))}  ${level} ${mark} ${cyan(printable(name).padEnd(widths.name))}  ${shown}`.trimEnd();
}

/** How a person names a thing: a bare device by what it calls itself. */
function levelOf(id: string): string {
  return topicLevel(ThingId(id)).replace(/^urn:thing:/, '');
}

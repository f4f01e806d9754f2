import type { Client, ConsumedThing } from '@thingtalk/client';
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
    .argument('[id]', "the thing's id, or its topic level; all things when left out")
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
  const ids = id === undefined ? (await client.things()).map((td) => td.id) : [id];
  const things = await Promise.all(ids.map((each) => client.consume(each)));
  const widths = {
    thing: longest(things.map(({ id: each }) => levelOf(each))),
    name: longest(things.flatMap(({ td }) => Object.keys({ ...td.properties, ...td.events }))),
  };
  const see = (sighting: Sighting) => terminal.out(line(sighting, widths, context));
  client.onStatus((status) => {
    if (status.state === 'waiting') {
      terminal.err(terminal.style.yellow(`connection lost (${status.reason}); trying again`));
    }
  });
  await Promise.all(things.map((thing) => watchThing(thing, property, see)));
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
): Promise<void> {
  if (property !== undefined) {
    const hear = (value: JsonValue) =>
      see({ thing: thing.id, kind: 'property', name: property, value });
    await thing.observeProperty(property, hear);
    return;
  }
  await Promise.all([
    hasAny(thing.td.properties) &&
      thing.observeAll(({ name, value }) =>
        see({ thing: thing.id, kind: 'property', name, value }),
      ),
    hasAny(thing.td.events) &&
      thing.subscribeAllEvents(({ name, data }) =>
        see({ thing: thing.id, kind: 'event', name, value: data }),
      ),
  ]);
}

function hasAny(section: object | undefined): boolean {
  return Object.keys(section ?? {}).length > 0;
}

function longest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
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

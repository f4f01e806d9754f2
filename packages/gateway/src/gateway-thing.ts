import { defineThing, type ThingNote, type ThingRecord, type Things } from '@thingtalk/core';

/** What the gateway's own Thing tells about. */
export interface GatewayThingOptions {
  readonly id: string;
  readonly version: string;
  /** When the process began to serve, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly things: Things;
}

const subject = {
  type: 'object',
  required: ['id', 'title'],
  properties: {
    id: { type: 'string', title: 'Id of the Thing' },
    title: { type: 'string', title: 'Title of the Thing' },
  },
} as const;

/**
 * The gateway as a Thing: it is what `/.well-known/wot` shows.
 *
 * @see {@link https://www.w3.org/TR/wot-discovery/#exploration-directory-description | WoT Discovery, 7.1.1}
 */
export function gatewayThing({ id, version, startedAt, things }: GatewayThingOptions) {
  return defineThing(
    id,
    {
      title: 'thingTalk gateway',
      description: 'Makes W3C Web Things of whatever speaks MQTT, and knows which there are',
      '@type': 'ThingDirectory',
      properties: {
        state: {
          title: 'State',
          description: 'Whether the gateway serves, or is about to end',
          type: 'string',
          enum: ['running', 'draining'],
          readOnly: true,
        },
        things: {
          title: 'Things',
          description: 'How many Things the gateway knows, itself among them',
          type: 'integer',
          minimum: 0,
          unit: 'count',
          readOnly: true,
        },
        version: { title: 'Version', description: 'Of thingTalk', type: 'string', readOnly: true },
        startedAt: {
          title: 'Started at',
          description: 'When the gateway began to serve',
          type: 'string',
          format: 'date-time',
          readOnly: true,
        },
      },
      events: {
        thing_paired: {
          title: 'Thing paired',
          description: 'A Thing described itself for the first time',
          data: subject,
        },
        thing_removed: {
          title: 'Thing removed',
          description: 'A Thing was taken away for good',
          data: subject,
        },
        thing_online: { title: 'Thing online', description: 'A Thing came back', data: subject },
        thing_offline: {
          title: 'Thing offline',
          description: 'A Thing went away, or died',
          data: subject,
        },
      },
    },
    {
      initial: {
        state: 'running',
        things: things.count,
        version,
        startedAt: new Date(startedAt).toISOString(),
      },
      start: (gateway) =>
        things.watch('all', (note) => {
          const event = eventOf(note);
          if (event === undefined) return;
          gateway.report('things', things.count);
          const { thing } = note;
          if (thing.id === gateway.id) return;
          gateway.emit(event, { id: thing.id, title: titleOf(thing) });
        }),
    },
  );
}

/** The type of the gateway's own Thing. */
export type GatewayThing = ReturnType<typeof gatewayThing>['td'];

/** Which of the gateway's events a note is; `undefined` for those of the Things themselves. */
function eventOf(note: ThingNote) {
  switch (note.kind) {
    case 'created':
      return 'thing_paired';
    case 'removed':
      return 'thing_removed';
    case 'liveness':
      return note.liveness.online ? 'thing_online' : 'thing_offline';
    default:
      return undefined;
  }
}

function titleOf({ head, id }: ThingRecord): string {
  const { title } = JSON.parse(head) as { title?: unknown };
  return typeof title === 'string' ? title : id;
}

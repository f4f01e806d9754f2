import {
  type ActionAffordance,
  affordancesOf,
  type DataSchema,
  type EventAffordance,
  type PropertyAffordance,
  type ThingRecord,
} from '@thingtalk/core';
import { thingSegment } from '../td/thing-path.ts';
import { type ApiSchemes, securityOf } from './api-security.ts';
import { toJsonSchema } from './json-schema.ts';
import { type Operation, type Paths, problemResponse } from './operations.ts';

/** The name under which a Thing's operations are grouped. */
export interface ThingTag {
  readonly name: string;
  readonly description: string;
}

/** How a Thing is named to people: its title, and its id where titles may be alike. */
export function thingTag(record: ThingRecord): ThingTag {
  const { title, description = '' } = record.td;
  return { name: `${title} (${record.id})`, description };
}

/** What the operations of a Thing are rendered from. */
export interface ThingPathsParts {
  readonly record: ThingRecord;
  /** Path under which Things are found. */
  readonly mount: string;
  /** What a client may show; left out where everybody may do everything. */
  readonly schemes: ApiSchemes | undefined;
}

/** The operations of one Thing with the schemas of its own affordances, so that they can be tried. */
export function thingPaths({ record, mount, schemes }: ThingPathsParts): Paths {
  const { properties = {}, actions = {}, events = {} } = affordancesOf(record.shape);
  const base = `${mount}/${thingSegment(record.id)}`;
  const about = { base, record, schemes, tag: thingTag(record).name };
  const segment = encodeURIComponent;
  return {
    ...byPath(properties, (name, property) => [
      `${about.base}/properties/${segment(name)}`,
      propertyOperations(about, name, property),
    ]),
    ...byPath(actions, (name, action) => [
      `${about.base}/actions/${segment(name)}`,
      { post: invokeOperation(about, name, action) },
    ]),
    ...byPath(events, (name, event) => [
      `${about.base}/events/${segment(name)}/subscribe`,
      { get: eventOperation(about, name, event) },
    ]),
  };
}

interface About {
  readonly record: ThingRecord;
  readonly schemes: ApiSchemes | undefined;
  readonly tag: string;
}

function byPath<A>(
  affordances: Readonly<Record<string, A>>,
  render: (name: string, affordance: A) => readonly [string, Record<string, Operation>],
): Paths {
  return Object.fromEntries(
    Object.entries(affordances).map(([name, affordance]) => render(name, affordance)),
  );
}

function propertyOperations(
  { record, schemes, tag }: About,
  name: string,
  property: PropertyAffordance,
): Record<string, Operation> {
  const { title = name, description, readOnly, writeOnly } = property;
  const known = record.property(name)?.value;
  const value = content(property, known);
  const common = { tags: [tag], ...(description !== undefined && { description }) };
  return {
    ...(!writeOnly && {
      get: {
        ...common,
        operationId: `${record.id}/read/${name}`,
        summary: `Reads ${title}`,
        ...securityOf(schemes, ['read']),
        responses: {
          200: { description: `The value of ${title}`, content: value },
          default: problemResponse,
        },
      },
    }),
    ...(!readOnly && {
      put: {
        ...common,
        operationId: `${record.id}/write/${name}`,
        summary: `Writes ${title}`,
        ...securityOf(schemes, ['write']),
        requestBody: { required: true, content: value },
        responses: {
          202: { description: 'With `Prefer: respond-async`: kept until the Thing is back' },
          204: { description: 'The Thing has taken it' },
          default: problemResponse,
        },
      },
    }),
  };
}

function invokeOperation(
  { record, schemes, tag }: About,
  name: string,
  action: ActionAffordance,
): Operation {
  const { title = name, description, input, output, synchronous = false } = action;
  const taken = { description: 'The action is taken; `Location` is where its status is found' };
  const ended =
    output === undefined
      ? { 204: { description: 'The action ended' } }
      : { 200: { description: 'What the action gave', content: content(output) } };
  return {
    operationId: `${record.id}/invoke/${name}`,
    summary: `Invokes ${title}`,
    ...securityOf(schemes, ['invoke']),
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(input && { requestBody: { required: true, content: content(input) } }),
    responses: { ...(synchronous ? ended : { 201: taken }), default: problemResponse },
  };
}

function eventOperation(
  { record, schemes, tag }: About,
  name: string,
  event: EventAffordance,
): Operation {
  const { title = name, description, data = {} } = event;
  return {
    operationId: `${record.id}/subscribe/${name}`,
    summary: `Waits for ${title}`,
    ...securityOf(schemes, ['subscribe']),
    ...(description !== undefined && { description }),
    tags: [tag],
    responses: {
      200: { description: `The data of ${title}, when it happens`, content: content(data) },
      default: problemResponse,
    },
  };
}

function content(schema: DataSchema, example?: unknown): Operation {
  const media = { schema: toJsonSchema(schema), ...(example !== undefined && { example }) };
  return { 'application/json': media };
}

import {
  type ActionStatus,
  checkRunId,
  type InvokeOptions,
  type JsonObject,
  type JsonValue,
  type Operation,
  Problem,
  type ThingRecord,
  type Things,
} from '@thingtalk/core';
import type { ThingViews } from '../access/reader-views.ts';
import type { ThingFeed } from '../feed/thing-feed.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { WtpEncoders } from './wtp-notifications.ts';
import { namesMember, textMember, valuesMember, type WtpRequest } from './wtp-request.ts';
import { subscribe, unsubscribe } from './wtp-subscriptions.ts';

/** What the operations work with. */
export interface WtpContext {
  readonly views: ThingViews;
  readonly feed: ThingFeed;
  readonly hub: Hub;
  readonly encoders: WtpEncoders;
  readonly now: () => number;
}

/** One request, its Thing found. */
export interface WtpCall extends WtpContext {
  /** The Things as the client may see and use them. */
  readonly things: Things;
  readonly connection: Connection;
  readonly thing: ThingRecord;
  readonly request: WtpRequest;
  /** Answers with these members beside those all answers have. */
  readonly answer: (members: object) => void;
  /** Says that it is refused, or is over. */
  readonly refuse: (problem: Problem) => void;
}

/** Carries an operation out; what it returns are the members of the answer, nothing when it has answered. */
type Perform = (call: WtpCall) => object | Promise<object | void>;

/**
 * The operations of the Web Thing Protocol.
 *
 * @see {@link https://w3c.github.io/web-thing-protocol/ | Web Thing Protocol, "Property Operations" and following}
 */
export const wtpOperations: Readonly<Record<Operation, Perform>> = {
  readproperty: async ({ things, thing, request: { members } }) => {
    const name = textMember(members, 'name');
    const { value, time } = await things.readProperty(thing.id, name);
    return { name, value, timestamp: new Date(time).toISOString() };
  },
  writeproperty: async (call) => {
    const { members } = call.request;
    const name = textMember(members, 'name');
    const { value } = members;
    if (value === undefined) throw new Problem('bad-request', `'value' is missing`);
    const written = await call.things.writeProperties(call.thing.id, { [name]: value });
    return { name, value: readable(call.thing, written)[name], timestamp: timestamp(call) };
  },
  readallproperties: async (call) => ({
    values: await call.things.readProperties(call.thing.id),
    timestamp: timestamp(call),
  }),
  readmultipleproperties: (call) =>
    asBadRequest(async () => ({
      values: await call.things.readProperties(call.thing.id, namesMember(call.request.members)),
      timestamp: timestamp(call),
    })),
  writeallproperties: (call) => {
    const values = valuesMember(call.request.members);
    for (const { name, readOnly } of call.thing.shape.properties.values()) {
      if (readOnly || Object.hasOwn(values, name)) continue;
      throw new Problem('bad-request', `'values' lacks the writeable property '${name}'`);
    }
    return writeValues(call, values);
  },
  writemultipleproperties: (call) => writeValues(call, valuesMember(call.request.members)),
  observeproperty: (call) => subscribe(call, 'observeproperty', knownProperty(call)),
  unobserveproperty: (call) => unsubscribe(call, 'property', knownProperty(call)),
  observeallproperties: (call) => subscribe(call, 'observeallproperties', undefined),
  unobserveallproperties: (call) => unsubscribe(call, 'property'),
  invokeaction: async ({ things, thing, request: { members } }) => {
    const name = textMember(members, 'name');
    const run = await things.invokeAction(thing.id, name, members.input, runIdIn(members.actionID));
    if (!thing.shape.actions.get(name)?.synchronous) {
      return { name, status: wtpStatus(run), timestamp: run.timeRequested };
    }
    if (run.error) throw Problem.from(run.error, 'action-failed');
    return { name, output: run.output, timestamp: run.timeEnded };
  },
  queryaction: (call) => {
    const run = findRun(call);
    return { name: run.action, status: wtpStatus(run), timestamp: timestamp(call) };
  },
  cancelaction: async (call) => {
    const { id, action } = findRun(call);
    await call.things.cancelAction(call.thing.id, action, id);
    return { actionID: id, timestamp: timestamp(call) };
  },
  queryallactions: (call) => ({ statuses: wtpStatuses(call), timestamp: timestamp(call) }),
  subscribeevent: (call) => subscribe(call, 'subscribeevent', knownEvent(call)),
  unsubscribeevent: (call) => unsubscribe(call, 'event', knownEvent(call)),
  subscribeallevents: (call) => subscribe(call, 'subscribeallevents', undefined),
  unsubscribeallevents: (call) => unsubscribe(call, 'event'),
};

/** What a client may add so that asking twice starts it once: the draft leaves the choice of the id open. */
function runIdIn(actionID: JsonValue | undefined): InvokeOptions {
  return actionID === undefined ? {} : { id: checkRunId("'actionID'", actionID) };
}

const timestamp = ({ now }: WtpCall): string => new Date(now()).toISOString();

function writeValues(call: WtpCall, values: JsonObject): Promise<object> {
  return asBadRequest(async () => ({
    values: readable(call.thing, await call.things.writeProperties(call.thing.id, values)),
    timestamp: timestamp(call),
  }));
}

/** "the response message [...] MUST NOT contain a value member" for a property that cannot be read back. */
function readable({ shape }: ThingRecord, values: JsonObject): JsonObject {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.filter(([name]) => !shape.properties.get(name)?.writeOnly));
}

/** Where several properties are named at once, the draft wants 400 for a name that is unknown or not permitted. */
async function asBadRequest(perform: () => Promise<object>): Promise<object> {
  try {
    return await perform();
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 403 && error.status !== 404)) throw error;
    throw new Problem('bad-request', error.detail, { cause: error });
  }
}

function knownProperty({ thing, request }: WtpCall): string {
  const name = textMember(request.members, 'name');
  const property = thing.shape.properties.get(name);
  if (property === undefined) {
    throw new Problem('property-not-found', `'${thing.id}' has no property '${name}'`);
  }
  if (property.writeOnly) {
    throw new Problem('property-write-only', `'${name}' can be written, not observed`);
  }
  return name;
}

function knownEvent({ thing, request }: WtpCall): string {
  const name = textMember(request.members, 'name');
  if (thing.shape.events.has(name)) return name;
  throw new Problem('event-not-found', `'${thing.id}' has no event '${name}'`);
}

/** The run a request names: by its id alone, as the draft has it. */
function findRun({ things, thing, request }: WtpCall): ActionStatus {
  const id = textMember(request.members, 'actionID');
  const run = things.queryActions(thing.id).find((each) => each.id === id);
  if (run) return run;
  throw new Problem('action-run-not-found', `'${thing.id}' has no run '${id}' of an action`);
}

function wtpStatus({ id, action: _, status, ...rest }: ActionStatus): object {
  return { actionID: id, state: status, ...rest };
}

function wtpStatuses({ things, thing }: WtpCall): object {
  const names = [...thing.shape.actions.keys()];
  return Object.fromEntries(
    names.map((name) => [name, things.queryActions(thing.id, name).map(wtpStatus)]),
  );
}

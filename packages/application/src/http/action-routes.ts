import {
  type ActionStatus,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
} from '@thingtalk/core';
import { idempotencyKey } from './conditions.ts';
import { json, noContent, refusals } from './replies.ts';
import { findThing, interactionOptions, pathOf, type ThingDoor, thingParam } from './thing-door.ts';

const tags = ['Actions'];
const params = { ...thingParam, name: 'Name of the action' };
const runParams = { ...params, run: 'Id of the run, as the answer to the invocation gave it' };

const statusSchema = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', enum: ['pending', 'running', 'completed', 'failed'] },
    href: { type: 'string', format: 'uri-reference' },
    timeRequested: { type: 'string', format: 'date-time' },
    timeEnded: { type: 'string', format: 'date-time' },
    output: {},
    error: { type: 'object' },
    progress: {},
  },
};
const listSchema = {
  type: 'object',
  additionalProperties: { type: 'array', items: statusSchema },
};
const listResponse = {
  description: 'The runs that are remembered, by action, newest first',
  contentType: 'application/json',
  schema: listSchema,
};

/**
 * The rows by which actions are invoked, queried and cancelled.
 *
 * @see {@link https://w3c.github.io/wot-profile/#http-basic-profile-actions | HTTP Basic Profile, Actions}
 */
export function actionRoutes(door: ThingDoor): Route[] {
  return [invokeRow(door), ...listRows(door), ...runRows(door)];
}

function invokeRow(door: ThingDoor): Route {
  return {
    method: 'POST',
    path: `${door.mount}/:id/actions/:name`,
    operationId: 'invokeAction',
    summary: 'Invokes an action',
    description:
      '`Idempotency-Key` becomes the id of the run on this Thing: asked for again within 24 hours, the same run is the answer.',
    tags,
    params,
    body: { description: 'The bare input; empty for none', required: false, schema: {} },
    responses: {
      200: {
        description: 'A synchronous action ended with this output',
        contentType: 'application/json',
        schema: {},
      },
      201: {
        description: 'The action is taken; `Location` is where its status is found',
        contentType: 'application/json',
        schema: statusSchema,
      },
      204: { description: 'A synchronous action ended without output' },
      409: { description: 'The key was used for another request' },
      ...refusals,
    },
    op: 'invokeaction',
    handle: (request) => invokeAction(door, request),
  };
}

function listRows(door: ThingDoor): Route[] {
  const query = (request: RouteRequest) => {
    const { id = '', name } = request.params;
    const things = door.views.for(request);
    const thing = pathOf(door, findThing(things, id));
    return json(listJson(thing, things.queryActions(id, name)), {
      'cache-control': 'no-cache',
    });
  };
  return [
    {
      method: 'GET',
      path: `${door.mount}/:id/actions`,
      operationId: 'queryAllActions',
      summary: 'Lists the runs of all actions',
      tags,
      params: thingParam,
      responses: { 200: listResponse, 404: refusals[404] },
      op: 'queryallactions',
      handle: query,
    },
    {
      method: 'GET',
      path: `${door.mount}/:id/actions/:name`,
      operationId: 'queryActions',
      summary: 'Lists the runs of one action',
      tags,
      params,
      responses: { 200: listResponse, 404: refusals[404] },
      op: 'queryallactions',
      handle: query,
    },
  ];
}

function runRows(door: ThingDoor): Route[] {
  const path = `${door.mount}/:id/actions/:name/:run`;
  return [
    {
      method: 'GET',
      path,
      operationId: 'queryAction',
      summary: 'Says where a run stands',
      tags,
      params: runParams,
      responses: {
        200: {
          description: 'Its status',
          contentType: 'application/json',
          schema: statusSchema,
        },
        404: refusals[404],
      },
      op: 'queryaction',
      handle: (request) => {
        const { id = '', name = '', run = '' } = request.params;
        const things = door.views.for(request);
        const thing = pathOf(door, findThing(things, id));
        const status = things.queryAction(id, name, run);
        return json(JSON.stringify(statusObject(thing, status)), { 'cache-control': 'no-cache' });
      },
    },
    {
      method: 'DELETE',
      path,
      operationId: 'cancelAction',
      summary: 'Cancels a run and waits for the Thing',
      tags,
      params: runParams,
      responses: {
        204: { description: 'It is cancelled' },
        409: { description: 'It has ended already' },
        404: refusals[404],
        503: refusals[503],
      },
      op: 'cancelaction',
      handle: async (request) => {
        const { id = '', name = '', run = '' } = request.params;
        await door.views.for(request).cancelAction(id, name, run, interactionOptions(request));
        return noContent;
      },
    },
  ];
}

async function invokeAction(door: ThingDoor, request: RouteRequest): Promise<RouteReply> {
  const { id = '', name = '' } = request.params;
  const run = idempotencyKey(request.headers);
  const things = door.views.for(request);
  const status = await things.invokeAction(id, name, request.body, {
    ...interactionOptions(request),
    ...(run !== undefined && { id: run }),
  });
  const record = findThing(things, id);
  const synchronous = record.shape.actions.get(name)?.synchronous === true;
  if (synchronous && status.status === 'failed') throw Problem.from(status.error, 'action-failed');
  if (synchronous && status.status === 'completed') {
    return status.output === undefined ? noContent : json(JSON.stringify(status.output));
  }
  const object = statusObject(pathOf(door, record), status);
  return {
    status: 201,
    headers: { 'content-type': 'application/json', location: object.href },
    body: JSON.stringify(object),
  };
}

/** A run as the HTTP Basic Profile shows it. */
interface StatusObject extends Omit<ActionStatus, 'id' | 'action' | 'input'> {
  readonly href: string;
}

function statusObject(thing: string, run: ActionStatus): StatusObject {
  const { id, action, status, input: _, ...rest } = run;
  const href = `${thing}/actions/${encodeURIComponent(action)}/${encodeURIComponent(id)}`;
  return { status, href, ...rest };
}

function listJson(thing: string, runs: readonly ActionStatus[]): string {
  const byAction = Map.groupBy(runs, (run) => run.action);
  const members = Array.from(byAction, ([action, statuses]) => [
    action,
    statuses.map((status) => statusObject(thing, status)),
  ]);
  return JSON.stringify(Object.fromEntries(members));
}

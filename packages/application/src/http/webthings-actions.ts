import {
  type ActionState,
  type ActionStatus,
  isJsonObject,
  Problem,
  type Route,
  type RouteReply,
  type RouteRequest,
  type Things,
} from '@thingtalk/core';
import { thingSegment } from '../td/thing-path.ts';
import { actionData, type WebthingsState } from '../webthings/webthings-messages.ts';
import { idempotencyKey } from './conditions.ts';
import { json, noContent, refusals } from './replies.ts';
import { findThing, interactionOptions, thingParam } from './thing-door.ts';
import type { WebthingsDoor } from './webthings-routes.ts';

const tags = ['WebThings dialect'];
const params = { ...thingParam, name: 'Name of the action' };
const runParams = { ...params, run: 'Id of the run' };
const ok = (description: string) => ({ description, contentType: 'application/json', schema: {} });

/** What the dialect calls the state of a run. */
const stateNames = {
  pending: 'created',
  running: 'pending',
  completed: 'completed',
  failed: 'error',
} as const satisfies Record<ActionState, WebthingsState>;

/** The rows of actions in the WebThings dialect. */
export function webthingsActionRoutes(door: WebthingsDoor): Route[] {
  return [...requestRows(door), ...listRows(door), ...runRows(door)];
}

function requestRows(door: WebthingsDoor): Route[] {
  const row = {
    method: 'POST',
    summary: 'Requests an action',
    tags,
    body: {
      description: '`{name: {"input": ...}}`',
      required: true,
      schema: { type: 'object' },
    },
    responses: { 201: ok('The request, created'), ...refusals },
    handle: (request: RouteRequest) => requestAction(door, request),
  } as const;
  return [
    {
      ...row,
      path: `${door.mount}/:id/actions`,
      operationId: 'webthingsRequestAction',
      params: thingParam,
    },
    {
      ...row,
      path: `${door.mount}/:id/actions/:name`,
      operationId: 'webthingsRequestNamedAction',
      params,
    },
  ];
}

async function requestAction(door: WebthingsDoor, request: RouteRequest): Promise<RouteReply> {
  const { id = '', name: expected } = request.params;
  const things = door.views.for(request);
  const path = pathOf(door, things, id);
  const [[name, asked] = ['', undefined], ...others] = isJsonObject(request.body)
    ? Object.entries(request.body)
    : [];
  if (asked === undefined || others.length > 0 || (expected ?? name) !== name) {
    throw new Problem(
      'payload-invalid',
      `the body must be an object with one member, the ${expected === undefined ? 'name of an action' : `action '${expected}'`}`,
    );
  }
  if (!isJsonObject(asked)) {
    throw new Problem('payload-invalid', `'${name}' must be an object that may have an 'input'`);
  }
  const run = idempotencyKey(request.headers);
  const status = await things.invokeAction(id, name, asked.input, {
    ...interactionOptions(request),
    ...(run !== undefined && { id: run }),
  });
  const body = actionData({ name, status }, 'created', path);
  return { status: 201, headers: { 'content-type': 'application/json' }, body };
}

function listRows(door: WebthingsDoor): Route[] {
  const list = (request: RouteRequest) => {
    const { id = '', name } = request.params;
    const things = door.views.for(request);
    const oldestFirst = things.queryActions(id, name).toReversed();
    const path = pathOf(door, things, id);
    return json(`[${oldestFirst.map((run) => runJson(path, run)).join(',')}]`);
  };
  const responses = { 200: ok('Requests, oldest first'), 404: refusals[404] };
  return [
    {
      method: 'GET',
      path: `${door.mount}/:id/actions`,
      operationId: 'webthingsActions',
      summary: 'Lists the requests of all actions',
      tags,
      params: thingParam,
      responses,
      handle: list,
    },
    {
      method: 'GET',
      path: `${door.mount}/:id/actions/:name`,
      operationId: 'webthingsActionsOf',
      summary: 'Lists the requests of one action',
      tags,
      params,
      responses,
      handle: list,
    },
  ];
}

function runRows(door: WebthingsDoor): Route[] {
  const path = `${door.mount}/:id/actions/:name/:run`;
  return [
    {
      method: 'GET',
      path,
      operationId: 'webthingsAction',
      summary: 'Says where a request stands',
      tags,
      params: runParams,
      responses: { 200: ok('The request'), 404: refusals[404] },
      handle: (request) => {
        const { id = '', name = '', run = '' } = request.params;
        const things = door.views.for(request);
        const status = things.queryAction(id, name, run);
        return json(runJson(pathOf(door, things, id), status));
      },
    },
    {
      method: 'DELETE',
      path,
      operationId: 'webthingsCancelAction',
      summary: 'Cancels a request and takes it off the list',
      tags,
      params: runParams,
      responses: { 204: { description: 'It is gone' }, 404: refusals[404], 503: refusals[503] },
      handle: (request) => removeAction(door, request),
    },
  ];
}

async function removeAction({ views }: WebthingsDoor, request: RouteRequest): Promise<RouteReply> {
  const { id = '', name = '', run = '' } = request.params;
  const things = views.for(request);
  if (!hasEnded(things.queryAction(id, name, run))) {
    try {
      await things.cancelAction(id, name, run, interactionOptions(request));
    } catch (error) {
      // It may end by itself while it is being cancelled: then there is nothing left to cancel.
      if (!(error instanceof Problem && error.name === 'action-ended')) throw error;
    }
  }
  await things.forgetAction(id, name, run);
  return noContent;
}

function hasEnded({ status }: ActionStatus): boolean {
  return status === 'completed' || status === 'failed';
}

function runJson(path: string, status: ActionStatus): string {
  const name = status.action;
  return actionData({ name, status }, stateNames[status.status], path);
}

function pathOf({ mount }: WebthingsDoor, things: Things, id: string): string {
  return `${mount}/${thingSegment(findThing(things, id).id)}`;
}

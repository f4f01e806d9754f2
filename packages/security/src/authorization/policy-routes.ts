import type { Route, RouteRequest, RouteResponse, RouteSchema } from '@thingtalk/core';
import { done, privately, refusal } from '../authentication/replies.ts';
import { rights } from './grant.ts';
import type { Policy } from './policy.ts';
import {
  changeBy,
  grantReply,
  groupReply,
  questionIn,
  shownGrant,
  shownGroup,
} from './policy-requests.ts';
import {
  explanationSchema,
  grantSchema,
  groupSchema,
  storedGrantSchema,
  storedGroupSchema,
} from './policy-schemas.ts';

const stale: RouteResponse = {
  description: 'It is no longer at the version that `If-Match` names',
  contentType: 'application/problem+json',
};
const params = { id: 'Its id' };

/** The rows by which those who manage the gateway say who may do what, and ask why it is so. */
export function policyRoutes(policy: Policy): readonly Route[] {
  return [
    ...grantRoutes(policy),
    ...groupRoutes(policy),
    ...memberRoutes(policy),
    explainRoute(policy),
  ];
}

function grantRoutes(policy: Policy): readonly Route[] {
  const shared = { tags: ['Grants'], admits: 'managers' } as const;
  const body = { description: 'What is granted, or denied', required: true, schema: grantSchema };
  return [
    {
      ...shared,
      method: 'GET',
      path: '/grants',
      operationId: 'listGrants',
      summary: 'Lists who may do what',
      responses: { 200: answer('They, by id', { type: 'array', items: storedGrantSchema }) },
      handle: () => privately(policy.grants.list().map((grant) => shownGrant(policy, grant))),
    },
    {
      ...shared,
      method: 'POST',
      path: '/grants',
      operationId: 'createGrant',
      records: 'changes',
      summary: 'Grants something to somebody, or denies it',
      body,
      responses: {
        201: answer('The grant', storedGrantSchema),
        400: refusal.malformed,
        422: refusal.impossible,
      },
      async handle(request) {
        const grant = await policy.grants.add(request.body, changeBy(request));
        const reply = grantReply(policy, grant, 201);
        return { ...reply, headers: { ...reply.headers, location: `/grants/${grant.id}` } };
      },
    },
    {
      ...shared,
      method: 'GET',
      path: '/grants/:id',
      operationId: 'getGrant',
      summary: 'Reads a grant',
      params,
      responses: { 200: answer('It', storedGrantSchema), 404: refusal.absent },
      handle: (request) => grantReply(policy, policy.grants.get(idOf(request))),
    },
    {
      ...shared,
      method: 'PUT',
      path: '/grants/:id',
      operationId: 'putGrant',
      records: 'changes',
      summary: 'Changes a grant',
      params,
      body,
      responses: {
        200: answer('It', storedGrantSchema),
        400: refusal.malformed,
        404: refusal.absent,
        412: stale,
        422: refusal.impossible,
      },
      async handle(request) {
        const grant = await policy.grants.put(idOf(request), request.body, changeBy(request));
        return grantReply(policy, grant);
      },
    },
    {
      ...shared,
      method: 'DELETE',
      path: '/grants/:id',
      operationId: 'deleteGrant',
      records: 'changes',
      summary: 'Takes a grant back, and ends what is open by it',
      params,
      responses: { 204: { description: 'It is gone' }, 404: refusal.absent, 412: stale },
      async handle(request) {
        await policy.grants.delete(idOf(request), changeBy(request));
        return done;
      },
    },
  ];
}

function groupRoutes(policy: Policy): readonly Route[] {
  const shared = { tags: ['Groups'], admits: 'managers' } as const;
  return [
    {
      ...shared,
      method: 'GET',
      path: '/groups',
      operationId: 'listGroups',
      summary: 'Lists the groups',
      description: 'Beside them `anybody` is whoever asks, and `people` is who has an account.',
      responses: { 200: answer('They, by id', { type: 'array', items: storedGroupSchema }) },
      handle: () => privately(policy.groups.list().map(shownGroup)),
    },
    {
      ...shared,
      method: 'GET',
      path: '/groups/:id',
      operationId: 'getGroup',
      summary: 'Reads a group',
      params,
      responses: { 200: answer('It', storedGroupSchema), 404: refusal.absent },
      handle: (request) => groupReply(policy.groups.get(idOf(request))),
    },
    {
      ...shared,
      method: 'PUT',
      path: '/groups/:id',
      operationId: 'putGroup',
      records: 'changes',
      summary: 'Makes a group, or changes it; members of `admins` manage the gateway',
      params,
      body: { description: 'Its name and members', required: true, schema: groupSchema },
      responses: {
        200: answer('It', storedGroupSchema),
        201: answer('It, which is new', storedGroupSchema),
        400: refusal.malformed,
        409: refusal.conflict,
        412: stale,
      },
      async handle(request) {
        const group = await policy.groups.put(idOf(request), request.body, changeBy(request));
        return groupReply(group, group.version === 1 ? 201 : 200);
      },
    },
    {
      ...shared,
      method: 'DELETE',
      path: '/groups/:id',
      operationId: 'deleteGroup',
      records: 'changes',
      summary: 'Deletes a group that nothing is granted to',
      params,
      responses: {
        204: { description: 'It is gone' },
        404: refusal.absent,
        409: refusal.conflict,
        412: stale,
      },
      async handle(request) {
        await policy.groups.delete(idOf(request), changeBy(request));
        return done;
      },
    },
  ];
}

function memberRoutes(policy: Policy): readonly Route[] {
  const shared = {
    path: '/groups/:id/members/:principal',
    tags: ['Groups'],
    admits: 'managers',
    params: { ...params, principal: 'Id of a principal' },
  } as const;
  return [
    {
      ...shared,
      method: 'PUT',
      operationId: 'addMember',
      records: 'changes',
      summary: 'Puts a principal into a group, which is made where it is not there',
      responses: { 200: answer('The group', storedGroupSchema), 409: refusal.conflict, 412: stale },
      handle: async (request) =>
        groupReply(
          await policy.groups.addMember(idOf(request), memberOf(request), changeBy(request)),
        ),
    },
    {
      ...shared,
      method: 'DELETE',
      operationId: 'removeMember',
      records: 'changes',
      summary: 'Takes a principal out of a group',
      responses: {
        200: answer('The group', storedGroupSchema),
        404: refusal.absent,
        409: refusal.conflict,
        412: stale,
      },
      handle: async (request) =>
        groupReply(
          await policy.groups.removeMember(idOf(request), memberOf(request), changeBy(request)),
        ),
    },
  ];
}

function explainRoute(policy: Policy): Route {
  const asked = (description: string) => ({ description, schema: { type: 'string' } });
  return {
    method: 'GET',
    path: '/policy/explain',
    operationId: 'explainPolicy',
    summary: 'Says why somebody may do something, or may not',
    tags: ['Grants'],
    admits: 'managers',
    query: {
      who: asked('Id of a principal, or `anonymous`'),
      right: { description: 'What they want', schema: { enum: rights } },
      thing: asked('Id of the Thing'),
      affordance: asked('Name of an affordance; without, all of the Thing'),
      address: asked('Where they come from; without, not known'),
    },
    responses: {
      200: answer('Why', explanationSchema),
      400: refusal.malformed,
      404: refusal.absent,
    },
    handle: (request) => privately(policy.explain(questionIn(request))),
  };
}

function answer(description: string, schema: RouteSchema): RouteResponse {
  return { description, contentType: 'application/json', schema };
}

function idOf({ params: { id = '' } }: RouteRequest): string {
  return id;
}

function memberOf({ params: { principal = '' } }: RouteRequest): string {
  return principal;
}

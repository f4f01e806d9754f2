import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpWorld, lamp, startHttpWorld } from '../support/http-world.ts';

// Clauses are quoted from https://w3c.github.io/wot-profile/ (22 October 2025): "Common Constraints" and "HTTP Basic Profile".

const path = `/things/${lamp.id}`;
let world: HttpWorld;

beforeAll(async () => {
  world = await startHttpWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Form {
  readonly href: string;
  readonly op: string | readonly string[];
  readonly contentType?: string;
  readonly subprotocol?: string;
}

async function description() {
  const response = await world.fetch(path);
  return (await response.json()) as {
    '@context': unknown;
    base: string;
    profile: readonly string[];
    security: unknown;
    securityDefinitions: Record<string, unknown>;
    forms: readonly Form[];
    properties: Record<string, { forms: readonly Form[] }>;
    actions: Record<string, { forms: readonly Form[]; synchronous: unknown }>;
  };
}

/** The URL of the form for `op` that the profile's rules find. */
function urlOf(td: { base: string }, forms: readonly Form[], op: string): string {
  const form = forms.find(
    (each) =>
      [each.op].flat().includes(op) &&
      each.contentType === 'application/json' &&
      each.subprotocol === undefined &&
      new URL(each.href, td.base).protocol === 'http:',
  );
  if (form === undefined) throw new Error(`no form for ${op}`);
  return new URL(form.href, td.base).href;
}

async function expectProblem(response: Response, status: number) {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as { status: number; type: string; detail: string };
  expect(problem.status).toBe(status);
  return problem;
}

describe('Profiling Mechanism and Common Constraints', () => {
  it('"its Thing Description MUST include a profile member" with the URI of the HTTP Basic Profile', async () => {
    const td = await description();
    expect(td.profile).toContain('https://www.w3.org/2022/wot/profile/http-basic/v1');
  });

  it('"the @context member MUST contain the anyURI https://www.w3.org/2022/wot/td/v1.1"', async () => {
    const td = await description();
    expect(td['@context']).toEqual([
      'https://www.w3.org/2019/wot/td/v1',
      'https://www.w3.org/2022/wot/td/v1.1',
      'https://www.w3.org/2022/wot/discovery',
      { saref: 'https://w3id.org/saref#' },
    ]);
  });

  it('"Conformant Web Things MUST use at least one of the following security schemes": NoSecurityScheme', async () => {
    const td = await description();
    expect(td.security).toBe('nosec_sc');
    expect(td.securityDefinitions).toEqual({ nosec_sc: { scheme: 'nosec' } });
  });

  it('"A Web Thing\'s Thing Description MUST be retrievable from a Thing Description Server using an HTTP URL"', async () => {
    const response = await world.fetch(path, { headers: { accept: 'application/json' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/td+json');
    const introduced = await world.fetch('/.well-known/wot');
    expect(introduced.headers.get('content-type')).toBe('application/td+json');
    const { registration, ...td } = (await response.json()) as { registration: object };
    const retrieved = expect.any(String);
    expect(await introduced.json()).toEqual({
      ...td,
      registration: { ...registration, retrieved },
    });
  });

  it('"the content of that body MUST conform with the Problem Details format"', async () => {
    const problem = await expectProblem(await world.fetch(`${path}/properties/colour`), 404);
    expect(problem).toEqual({
      type: 'urn:thingtalk:problem:property-not-found',
      title: 'The Thing has no such property',
      status: 404,
      detail: expect.stringContaining('colour'),
      instance: `${path}/properties/colour`,
    });
  });
});

describe('readproperty', () => {
  it('answers "Status code set to 200, Content-Type header set to application/json, a body with the value of the property serialized in JSON"', async () => {
    const td = await description();
    const url = urlOf(td, td.properties.on?.forms ?? [], 'readproperty');
    const response = await fetch(url, { headers: { accept: 'application/json' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe('true');
  });

  it.each(['*/*', 'application/json', 'text/html'])(
    'answers the same whatever is accepted: %s',
    async (accept) => {
      const response = await world.fetch(`${path}/properties/power`, { headers: { accept } });
      expect(await response.text()).toBe('7.5');
    },
  );

  it('refuses a write-only property with 403', async () => {
    await expectProblem(await world.fetch(`${path}/properties/pin`), 403);
  });

  it('answers 503 for a property that never had a value', async () => {
    const problem = await expectProblem(await world.fetch(`${path}/properties/never`), 503);
    expect(problem.type).toBe('urn:thingtalk:problem:value-unknown');
  });

  it('answers HEAD as GET, without the body', async () => {
    const response = await world.fetch(`${path}/properties/on`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('4');
    expect(await response.text()).toBe('');
  });

  it('tags the value with its version, and answers 304 to who holds it', async () => {
    const first = await world.fetch(`${path}/properties/power`);
    const etag = first.headers.get('etag') ?? '';
    const again = await world.fetch(`${path}/properties/power`, {
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);
    world.lamp.report('power', 8);
    await expect
      .poll(async () => {
        const changed = await world.fetch(`${path}/properties/power`, {
          headers: { 'if-none-match': etag },
        });
        return changed.status;
      })
      .toBe(200);
    world.lamp.report('power', 7.5);
  });

  it('asks the device itself with Cache-Control: no-cache', async () => {
    const response = await world.fetch(`${path}/properties/on`, {
      headers: { 'cache-control': 'no-cache' },
    });
    expect(await response.text()).toBe('true');
  });
});

describe('writeproperty', () => {
  it('answers "Status code set to 204" once the property has the value', async () => {
    const td = await description();
    const url = urlOf(td, td.properties.brightness?.forms ?? [], 'writeproperty');
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '25',
    });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(await (await fetch(url)).json()).toBe(25);
  });

  it('refuses a write to a read-only property with 403', async () => {
    await expectProblem(await world.send('PUT', `${path}/properties/power`, 1), 403);
  });

  it.each([
    ['a string for an integer', '25', 400],
    ['a value out of range', 101, 400],
    ['null', null, 400],
  ])('refuses %s and changes nothing', async (_, value, status) => {
    await world.send('PUT', `${path}/properties/brightness`, 50);
    await expectProblem(await world.send('PUT', `${path}/properties/brightness`, value), status);
    expect(await (await world.fetch(`${path}/properties/brightness`)).json()).toBe(50);
  });

  it('refuses a write that was meant for another version with 412', async () => {
    const response = await world.send('PUT', `${path}/properties/on`, false, {
      'if-match': '"999"',
    });
    await expectProblem(response, 412);
    const etag = (await world.fetch(`${path}/properties/on`)).headers.get('etag') ?? '';
    const fitting = await world.send('PUT', `${path}/properties/on`, true, { 'if-match': etag });
    expect(fitting.status).toBe(204);
  });

  it('refuses a body of another content type with 415, and an empty one with 400', async () => {
    const text = await world.fetch(`${path}/properties/on`, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain' },
      body: 'true',
    });
    await expectProblem(text, 415);
    await expectProblem(await world.fetch(`${path}/properties/on`, { method: 'PUT' }), 400);
  });
});

describe('readallproperties and writemultipleproperties', () => {
  it('answers 200 with "the values of all readable properties serialized in JSON, as an object keyed by property name"', async () => {
    const td = await description();
    await world.send('PUT', `${path}/properties`, { on: true, brightness: 50 });
    const response = await fetch(urlOf(td, td.forms, 'readallproperties'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ on: true, brightness: 50, power: 7.5 });
  });

  it('reads only the properties that are named', async () => {
    const response = await world.fetch(`${path}/properties?name=on&name=power`);
    expect(await response.json()).toEqual({ on: true, power: 7.5 });
  });

  it('"upon successfully writing the values of the requested writable Properties it MUST send" 204', async () => {
    const td = await description();
    const response = await fetch(urlOf(td, td.forms, 'writemultipleproperties'), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: false, brightness: 10 }),
    });
    expect(response.status).toBe(204);
    expect(await (await world.fetch(`${path}/properties`)).json()).toMatchObject({
      on: false,
      brightness: 10,
    });
  });

  it('writes none when one of them is refused', async () => {
    await world.send('PUT', `${path}/properties`, { on: true, brightness: 50 });
    const response = await world.send('PUT', `${path}/properties`, { on: false, power: 1 });
    await expectProblem(response, 403);
    expect(await (await world.fetch(`${path}/properties/on`)).json()).toBe(true);
  });
});

describe('invokeaction', () => {
  it('"The synchronous member of an ActionAffordance MUST be set to true or false"', async () => {
    const td = await description();
    for (const action of Object.values(td.actions)) {
      expect(typeof action.synchronous).toBe('boolean');
    }
  });

  it('a synchronous action with an output answers 200, application/json, "the output of the action, serialized in JSON"', async () => {
    const td = await description();
    const url = urlOf(td, td.actions.add?.forms ?? [], 'invokeaction');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '41',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toBe(42);
  });

  it('a synchronous action without output answers 204, "Content-Type header not set, an empty body"', async () => {
    const response = await world.fetch(`${path}/actions/blink`, { method: 'POST' });
    expect(response.status).toBe(204);
    expect(response.headers.get('content-type')).toBeNull();
    expect(await response.text()).toBe('');
  });

  it('"If a Web Thing encounters an error ... before responding to the invokeaction request, then it MUST send an Error Response"', async () => {
    const problem = await expectProblem(
      await world.fetch(`${path}/actions/burn`, { method: 'POST' }),
      500,
    );
    expect(problem.detail).toBe('the lamp is on fire');
    await expectProblem(await world.send('POST', `${path}/actions/fade`, { brightness: 5 }), 400);
  });

  it('an asynchronous action answers 201, Location, and an ActionStatus "with its href member set to the URL of the ActionStatus resource"', async () => {
    const input = { brightness: 60, duration: 1 };
    const response = await world.send('POST', `${path}/actions/fade`, input);
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/json');
    const status = (await response.json()) as { status: string; href: string };
    expect(response.headers.get('location')).toBe(status.href);
    expect(['pending', 'running', 'completed']).toContain(status.status);
    expect(status).toMatchObject({
      timeRequested: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    await expect
      .poll(async () => (await world.fetch(status.href)).json())
      .toMatchObject({ status: 'completed', timeEnded: expect.any(String) });
  });

  it('an Idempotency-Key is the id of the run, and asking twice starts it once', async () => {
    const headers = { 'idempotency-key': 'once-only' };
    const input = { brightness: 60, duration: 1 };
    const first = await world.send('POST', `${path}/actions/fade`, input, headers);
    const second = await world.send('POST', `${path}/actions/fade`, input, headers);
    expect(first.headers.get('location')).toBe(`${path}/actions/fade/once-only`);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    const other = { brightness: 61, duration: 1 };
    await expectProblem(await world.send('POST', `${path}/actions/fade`, other, headers), 409);
  });

  it('an Idempotency-Key that is no id is refused with 400', async () => {
    const response = await world.send(
      'POST',
      `${path}/actions/fade`,
      { brightness: 1, duration: 1 },
      { 'idempotency-key': '..' },
    );
    await expectProblem(response, 400);
  });
});

describe('queryaction, cancelaction, queryallactions', () => {
  it('"If the queried action failed to execute, then the status member ... MUST be set to failed" with the problem as error', async () => {
    const response = await world.fetch(`${path}/actions/fail`, { method: 'POST' });
    const { href } = (await response.json()) as { href: string };
    await expect
      .poll(async () => (await world.fetch(href)).json())
      .toMatchObject({
        status: 'failed',
        error: { type: 'urn:thingtalk:problem:action-failed', detail: 'the bulb is broken' },
      });
  });

  it('"upon successfully cancelling the action it MUST send an HTTP response with: Status code set to 204"', async () => {
    const response = await world.send('POST', `${path}/actions/fade`, {
      brightness: 1,
      duration: 60_000,
    });
    const { href } = (await response.json()) as { href: string };
    expect((await world.fetch(href, { method: 'DELETE' })).status).toBe(204);
    expect(await (await world.fetch(href)).json()).toMatchObject({ status: 'failed' });
    await expectProblem(await world.fetch(href, { method: 'DELETE' }), 409);
  });

  it('"a body containing an object, keyed by Action name ... sorted in reverse chronological order"', async () => {
    const td = await description();
    const invoke = async () => {
      const response = await world.send('POST', `${path}/actions/fade`, {
        brightness: 3,
        duration: 1,
      });
      return ((await response.json()) as { href: string }).href;
    };
    const older = await invoke();
    const newer = await invoke();
    const response = await fetch(urlOf(td, td.forms, 'queryallactions'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const all = (await response.json()) as Record<string, { href: string }[]>;
    expect(all.fade?.slice(0, 2).map((run) => run.href)).toEqual([newer, older]);
    // A run may end between the two requests, so the places are compared, not the states.
    const ofOne = (await (await world.fetch(`${path}/actions/fade`)).json()) as typeof all;
    expect(ofOne.fade?.map((run) => run.href)).toEqual(all.fade?.map((run) => run.href));
  });

  it('answers 404 for what is not there', async () => {
    await expectProblem(await world.fetch(`${path}/actions/fade/none`), 404);
    await expectProblem(await world.fetch(`${path}/actions/none`, { method: 'POST' }), 404);
    await expectProblem(await world.fetch('/things/urn:none/actions'), 404);
  });
});

describe('status of a Thing', () => {
  it('says whether it is online and since when', async () => {
    const response = await world.fetch(`${path}/status`);
    expect(await response.json()).toEqual({ online: true, since: expect.any(String) });
  });
});

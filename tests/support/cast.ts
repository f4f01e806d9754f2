import { createHash, randomBytes } from 'node:crypto';
import type { PrincipalKind, Right } from '@thingtalk/core';
import type { Identity, Scope } from '@thingtalk/security';
import { answered, goodPassword, type SecuredWorld } from './secured-world.ts';

/** Somebody who asks, as a gateway knows them, and with what they show that. */
export interface CastMember {
  /** For people to read. */
  readonly label: string;
  /** As whom they should be recognised. */
  readonly identity: Identity;
  /** What they show over HTTP and in the handshake of a WebSocket. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether they should be recognised there. */
  readonly isKnown: boolean;
  /** What they show in an MQTT CONNECT. */
  readonly mqtt: Readonly<Record<string, string>>;
  /** Whether they should be recognised there. */
  readonly isKnownToMqtt: boolean;
}

interface Secret {
  readonly id: string;
  readonly token: string;
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Makes people and all that asks for them or beside them, at the doors of a gateway. */
export class Cast {
  readonly #world: SecuredWorld;
  #count = 0;

  constructor(world: SecuredWorld) {
    this.#world = world;
  }

  /** A person with a page that is logged in; over MQTT, somebody who tries name and password. */
  async person(): Promise<CastMember> {
    const { name, id, cookie } = await this.#logIn();
    const mqtt = { username: name, password: goodPassword, clientId: name };
    const headers = { cookie, origin: this.#world.base };
    return member('person', id, { headers, mqtt, isKnownToMqtt: false });
  }

  /** A program with an API token of a person, narrowed to what is said. */
  async service(scopes?: readonly Scope[]): Promise<CastMember> {
    const { id, cookie } = await this.#logIn();
    const secret = await this.#token(cookie, { scopes });
    return member('person', id, { ...byToken(secret), scopes, label: 'API token' });
  }

  /** The same, whose token was revoked. */
  async revokedService(): Promise<CastMember> {
    const { id, cookie } = await this.#logIn();
    const secret = await this.#token(cookie, {});
    await this.#world.manage('DELETE', `/tokens/${secret.id}`);
    const label = 'revoked API token';
    return member('person', id, { ...byToken(secret), label, isKnown: false });
  }

  /** The same, whose token is over. */
  async expiredService(): Promise<CastMember> {
    const { id, cookie } = await this.#logIn();
    const expires = Date.now() + 200;
    const secret = await this.#token(cookie, { expires: new Date(expires).toISOString() });
    const headers = byToken(secret).headers;
    const isOver = async () =>
      (await fetch(`${this.#world.base}/session`, { headers })).status === 401;
    while (!(await isOver())) await new Promise(setImmediate);
    const label = 'expired API token';
    return member('person', id, { ...byToken(secret), label, isKnown: false });
  }

  /** An app that a person allowed some rights, by OAuth. */
  async app(rights: readonly Right[]): Promise<CastMember> {
    const { base, manage } = this.#world;
    const { name, id } = await this.#create();
    const redirect = 'https://panel.example/back';
    const app = await manage<{ id: string }>('POST', '/apps', {
      name: `panel ${name}`,
      redirectUris: [redirect],
    });
    const verifier = randomBytes(32).toString('base64url');
    const asked = {
      ...{ response_type: 'code', client_id: app.id, redirect_uri: redirect, state: 'x' },
      scope: rights.join(' '),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...{ name, password: goodPassword, decision: 'allow' },
    };
    const allowed = await fetch(`${base}/oauth/authorize`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: base },
      body: new URLSearchParams(asked),
    });
    const code = new URL(allowed.headers.get('location') ?? '').searchParams.get('code') ?? '';
    const answer = await fetch(`${base}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', client_id: app.id, redirect_uri: redirect },
        ...{ code, code_verifier: verifier },
      }),
    });
    const { access_token: token } = await answered<{ access_token: string }>(answer);
    const scopes = [{ rights }];
    const headers = { authorization: `Bearer ${token}` };
    const mqtt = { username: id, password: token, clientId: app.id };
    return member('person', id, { label: 'app', headers, mqtt, scopes, isKnownToMqtt: false });
  }

  /** A device that claimed its Things. */
  async device(things: readonly string[]): Promise<CastMember> {
    const { base, manage } = this.#world;
    const { token } = await manage<{ token: string }>('POST', '/devices/claims', {
      thingIds: things,
    });
    const claimed = await fetch(`${base}/devices/claim`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, name: `device ${this.#count++}` }),
    });
    const { id, secret } = await answered<{ id: string; secret: string }>(claimed);
    const headers = { authorization: `Bearer ${secret}` };
    const mqtt = { username: id, password: secret, clientId: id };
    return member('device', id, { headers, mqtt, owns: things as Identity['owns'] });
  }

  /** Somebody with a guest link. */
  async guest(): Promise<CastMember> {
    const name = `guest ${this.#count++}`;
    const made = await this.#world.manage<{ id: string; link: string }>('POST', '/guests', {
      name,
      expires: inAnHour(),
    });
    const headers = { authorization: `Bearer ${made.link}` };
    const mqtt = { username: made.id, password: made.link, clientId: 'guest' };
    return member('guest', made.id, { headers, mqtt, isKnownToMqtt: false });
  }

  /** Somebody who shows nothing. */
  anonymous(): CastMember {
    return member('anonymous', 'anonymous', { isKnown: false });
  }

  async #create() {
    const name = `person${this.#count++}`;
    const made = await this.#world.manage<{ id: string }>('POST', '/people', {
      name,
      password: goodPassword,
    });
    return { name, id: made.id };
  }

  async #logIn() {
    const { base } = this.#world;
    const { name, id } = await this.#create();
    const answer = await fetch(`${base}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: base },
      body: JSON.stringify({ name, password: goodPassword }),
    });
    await answered(answer);
    const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    return { name, id, cookie };
  }

  async #token(cookie: string, more: object): Promise<Secret> {
    const { base } = this.#world;
    const answer = await fetch(`${base}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, origin: base },
      body: JSON.stringify({ name: 'matrix', expires: inAnHour(), ...more }),
    });
    return answered<Secret>(answer);
  }
}

function byToken({ id, token }: Secret) {
  const mqtt = { username: '', password: token, clientId: id };
  return { headers: { authorization: `Bearer ${token}` }, mqtt };
}

interface Shown extends Partial<Omit<CastMember, 'identity'>> {
  readonly owns?: Identity['owns'];
  readonly scopes?: readonly Scope[] | undefined;
}

function member(
  kind: PrincipalKind,
  id: string,
  { owns, scopes, label = kind, isKnown = true, ...shown }: Shown,
): CastMember {
  return {
    label,
    isKnown,
    identity: {
      principal: { id, kind, name: label },
      credential: id,
      ...(owns && { owns }),
      ...(scopes && { scopes }),
    },
    headers: {},
    mqtt: {},
    isKnownToMqtt: isKnown,
    ...shown,
  };
}

import { hostname } from 'node:os';
import { Problem } from '@thingtalk/core';
import { CliError } from './cli-error.ts';
import { type Login, originOf, saveLogin } from './logins.ts';
import type { Terminal } from './terminal.ts';

/** Who logs in where. */
export interface SignIn {
  readonly url: string;
  readonly name: string;
  readonly password: string;
  /** The authority the gateway is trusted by, PEM. */
  readonly ca?: string | undefined;
}

/** How long this machine is logged in, in milliseconds: 90 days. */
const tokenLifeMs = 90 * 86_400_000;

/** Logs in by name and password, and keeps a token of its own for this machine; the password is kept nowhere. */
export async function signIn(
  { url, name, password, ca }: SignIn,
  { env }: Terminal,
): Promise<Login> {
  const origin = originOf(url);
  const session = await send(`${origin}/session`, { name, password }, { origin });
  const [cookie = ''] = session.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
  const headers = { origin, cookie };
  const wanted = {
    name: `thingtalk on ${hostname()}`,
    expires: new Date(Date.now() + tokenLifeMs).toISOString(),
  };
  const made = await send(`${origin}/tokens`, wanted, headers);
  const { token } = (await made.json()) as { readonly token: string };
  await fetch(`${origin}/session`, { method: 'DELETE', headers });
  const login = { url: origin, token, ...(ca !== undefined && { ca }) };
  saveLogin(env, login);
  return login;
}

/**
 * Posts JSON.
 *
 * @throws {@link Problem} what it is refused with; {@link CliError} `unreachable` when nobody answers.
 */
export async function send(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }).catch((cause: Error) => {
    const { message } = (cause.cause as Error | undefined) ?? cause;
    throw new CliError('unreachable', `${url} does not answer: ${message}`, { cause });
  });
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => undefined);
  throw Problem.from(answer ?? { title: `${url} answered ${response.status}` });
}

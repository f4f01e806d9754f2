import type { Clock, JsonValue } from '@thingtalk/core';
import { type CallOptions, Deadline } from './deadline.ts';
import { ProblemError } from './problem-error.ts';

/** A request over HTTP. */
export interface HttpCall extends CallOptions {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Sent as JSON; nothing is sent when it is `undefined`. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is not an error. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON that came; `undefined` when the body was empty. */
  readonly body: JsonValue | undefined;
}

/** What {@link Http} needs. */
export interface HttpSettings {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks over HTTP, with a deadline, and turns every failure into a {@link ProblemError}. */
export class Http {
  readonly #settings: HttpSettings;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
  }

  /** @throws {@link ProblemError} what the gateway refused with, or why no answer came. */
  async call(url: URL | string, call: HttpCall = {}): Promise<HttpAnswer> {
    const { method = 'GET', body, headers, signal, timeoutMs = this.#settings.timeoutMs } = call;
    const what = `${method} ${url}`;
    using deadline = new Deadline(this.#settings.clock, timeoutMs, what, signal);
    const { fetch } = this.#settings;
    try {
      const response = await fetch(url, {
        method,
        signal: deadline.signal,
        headers: {
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...this.#settings.headers,
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return read(response, await response.text(), what);
    } catch (error) {
      if (deadline.signal.aborted) throw deadline.signal.reason;
      if (error instanceof ProblemError) throw error;
      const reason = `${what} failed: ${reasonOf(error)}`;
      throw ProblemError.ofConnection('gateway-unreachable', reason, error);
    }
  }
}

function read(response: Response, text: string, what: string): HttpAnswer {
  const { status, headers } = response;
  if (!response.ok) {
    const retryAfter = Number(headers.get('Retry-After') ?? Number.NaN);
    throw ProblemError.from(
      parsed(text),
      status,
      Number.isFinite(retryAfter) ? retryAfter : undefined,
    );
  }
  const body = text === '' ? undefined : parsed(text);
  if (text !== '' && body === undefined) {
    const start = JSON.stringify(text.slice(0, 60));
    throw ProblemError.ofConnection('answer-invalid', `${what} gave no JSON but ${start}`);
  }
  return { status, headers, body };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node hides the reason (`ECONNREFUSED 127.0.0.1:8080`) in the cause of "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message || first.name : String(first);
}

import type { ProblemDetails, ProblemName, ValidationError } from '@thingtalk/core';

/** Failures that happen between this client and the gateway, which no gateway can report. */
export type ConnectionProblemName =
  | 'gateway-unreachable'
  | 'gateway-silent'
  | 'answer-invalid'
  | 'notifications-missed';

/** Name of a {@link ProblemError}: a row of core's table of problems, or a failure of the connection. */
export type ProblemErrorName = ProblemName | ConnectionProblemName;

/** What `type` begins with when the problem is one of thingTalk's own. */
const typePrefix = 'urn:thingtalk:problem:';

/**
 * A failure the caller can act upon: what the gateway answered, or why no answer came.
 *
 * `name` is the gateway's own (`thing-not-found`, `property-read-only`, ...), or one of
 * `gateway-unreachable` (no connection), `gateway-silent` (no answer within the deadline), `answer-invalid`
 * (not what the protocol allows), `notifications-missed` (the gateway no longer knows all that came while the connection
 * was down). `JSON.stringify` gives the RFC 9457 object.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457 | RFC 9457, Problem Details}
 */
export class ProblemError extends Error {
  override readonly name: ProblemErrorName;
  /** The HTTP status: what the gateway said, or what a proxy in its place would say (502, 503, 504). */
  readonly status: number;
  readonly title: string;
  /** The sentence that names what was wrong. */
  readonly detail: string;
  /** What the problem is about, as `/things/urn:dev:lamp/properties/on`. */
  readonly instance: string | undefined;
  /** What is wrong in the document that was sent, place by place; empty when the gateway named none. */
  readonly validationErrors: readonly ValidationError[];
  /** Seconds after which trying again makes sense; `undefined` when the gateway gave none. */
  readonly retryAfterSeconds: number | undefined;

  private constructor(name: ProblemErrorName, details: Details, options: ErrorOptions = {}) {
    super(details.detail, options);
    this.name = name;
    this.status = details.status;
    this.title = details.title;
    this.detail = details.detail;
    this.instance = details.instance;
    this.validationErrors = details.validationErrors ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** A failure of the connection. */
  static ofConnection(name: ConnectionProblemName, detail: string, cause?: unknown): ProblemError {
    return new ProblemError(name, { ...connectionProblems[name], detail }, { cause });
  }

  /** A refusal that this client can give without asking, because the Thing Description says so. */
  static refused(name: ProblemName, status: number, title: string, detail: string): ProblemError {
    return new ProblemError(name, { status, title, detail });
  }

  /**
   * Reads a problem that came over a wire, whatever its sender left out.
   *
   * @param status counts when the document has none of its own.
   */
  static from(document: unknown, status: number, retryAfterSeconds?: number): ProblemError {
    const given: Partial<ProblemDetails> =
      typeof document === 'object' && document !== null ? document : {};
    const title = text(given.title) ?? `Status ${status}`;
    return new ProblemError(nameOf(given.type, status), {
      status: typeof given.status === 'number' ? given.status : status,
      title,
      detail: text(given.detail) ?? title,
      instance: text(given.instance),
      validationErrors: Array.isArray(given.validationErrors) ? given.validationErrors : [],
      retryAfterSeconds,
    });
  }

  toJSON(): ProblemDetails {
    return {
      type: typePrefix + this.name,
      title: this.title,
      status: this.status,
      detail: this.detail,
      ...(this.instance !== undefined && { instance: this.instance }),
      ...(this.validationErrors.length > 0 && { validationErrors: this.validationErrors }),
    };
  }
}

interface Details {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly instance?: string | undefined;
  readonly validationErrors?: readonly ValidationError[];
  readonly retryAfterSeconds?: number | undefined;
}

const connectionProblems = {
  'gateway-unreachable': { status: 503, title: 'The gateway cannot be reached' },
  'gateway-silent': { status: 504, title: 'The gateway did not answer in time' },
  'answer-invalid': { status: 502, title: 'The answer is not what the protocol allows' },
  'notifications-missed': { status: 410, title: 'Some of what was missed is no longer known' },
} as const satisfies Record<ConnectionProblemName, { status: number; title: string }>;

/** What a status means where the problem's type is none of ours, as behind a proxy or a foreign Thing. */
const namesByStatus: Readonly<Record<number, ProblemName>> = {
  400: 'bad-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  409: 'conflict',
  412: 'precondition-failed',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  422: 'unprocessable',
  429: 'too-many-requests',
  431: 'headers-too-large',
  501: 'not-implemented',
  503: 'overloaded',
  507: 'storage-full',
};

function nameOf(type: unknown, status: number): ProblemErrorName {
  if (typeof type === 'string' && type.startsWith(typePrefix)) {
    // The gateway may be newer than this client: its names are taken as they come.
    return type.slice(typePrefix.length) as ProblemName;
  }
  return namesByStatus[status] ?? (status < 500 ? 'bad-request' : 'internal');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

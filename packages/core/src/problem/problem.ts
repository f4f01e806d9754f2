import { isProblemName, type ProblemName, problems } from './problems.ts';

/** Prefix of every problem `type` of ours; the rest is a {@link ProblemName}. */
export const problemTypePrefix = 'urn:thingtalk:problem:';

/** One thing that is wrong in a document, and where. */
export interface ValidationError {
  /** JSON pointer (RFC 6901) into the document; `''` is the document itself. */
  readonly field: string;
  /** What is wrong there, in a sentence. */
  readonly description: string;
}

/**
 * A problem as it travels.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457 | RFC 9457, Problem Details}
 */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly validationErrors?: readonly ValidationError[];
}

/** What a {@link Problem} may carry beside its name and detail. */
export interface ProblemOptions extends ErrorOptions {
  /** URI reference of what the problem is about, such as `/things/urn:dev:lamp/properties/on`. */
  readonly instance?: string;
  readonly validationErrors?: readonly ValidationError[];
  /** Seconds after which trying again makes sense (HTTP `Retry-After`). */
  readonly retryAfterSeconds?: number;
  /** How to show who one is, or what was wrong with how it was shown (HTTP `WWW-Authenticate`). Default: `Bearer`. */
  readonly challenge?: string;
}

/**
 * A failure the caller can act upon, the same on every transport.
 *
 * `JSON.stringify(problem)` is its RFC 9457 object.
 */
export class Problem extends Error {
  override readonly name: ProblemName;
  readonly detail: string;
  readonly instance: string | undefined;
  readonly validationErrors: readonly ValidationError[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly challenge: string | undefined;

  constructor(name: ProblemName, detail: string, options: ProblemOptions = {}) {
    super(detail, options);
    this.name = name;
    this.detail = detail;
    this.instance = options.instance;
    this.validationErrors = options.validationErrors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.challenge = options.challenge;
  }

  /** The HTTP status of this kind of problem. */
  get status(): number {
    return problems[this.name].status;
  }

  /** The title of this kind of problem. */
  get title(): string {
    return problems[this.name].title;
  }

  /** The problem with `instance` filled in where it had none. */
  at(instance: string): Problem {
    if (this.instance !== undefined) return this;
    return new Problem(this.name, this.detail, {
      cause: this.cause,
      instance,
      ...(this.validationErrors && { validationErrors: this.validationErrors }),
      ...(this.retryAfterSeconds !== undefined && { retryAfterSeconds: this.retryAfterSeconds }),
      ...(this.challenge !== undefined && { challenge: this.challenge }),
    });
  }

  toJSON(): ProblemDetails {
    return {
      type: problemTypePrefix + this.name,
      title: this.title,
      status: this.status,
      detail: this.detail,
      ...(this.instance !== undefined && { instance: this.instance }),
      ...(this.validationErrors !== undefined && { validationErrors: this.validationErrors }),
    };
  }

  /**
   * Reads a problem that came over a wire.
   *
   * A type that is not in the table becomes `fallback`, its title and detail kept in the detail.
   */
  static from(details: unknown, fallback: ProblemName = 'internal'): Problem {
    const { type, title, detail, instance, validationErrors } = (details ??
      {}) as Partial<ProblemDetails>;
    const name = String(type ?? '').slice(problemTypePrefix.length);
    const sentence =
      [detail, title].find((text) => typeof text === 'string') ?? 'no detail was given';
    return new Problem(isProblemName(name) ? name : fallback, sentence, {
      ...(typeof instance === 'string' && { instance }),
      ...(Array.isArray(validationErrors) && { validationErrors }),
    });
  }
}

/**
 * What `error` means to a caller: a {@link Problem} as it is, anything else `internal` under an incident id.
 *
 * The message of a bug never leaves the process: `report` gets the error and the id, and writes them to the log.
 */
export function asProblem(
  error: unknown,
  report?: (error: unknown, incident: string) => void,
): Problem {
  if (error instanceof Problem) return error;
  const incident = crypto.randomUUID();
  report?.(error, incident);
  return new Problem('internal', `An unexpected failure; the log has it as incident ${incident}`, {
    cause: error,
  });
}

import { type Clock, delay, type JournalStatus, type Logger, type Timer } from '@thingtalk/core';
import { Client, type ClientConfig } from 'pg';
import { unreachable } from './postgres-errors.ts';

/** First wait before it is tried again to connect, in milliseconds; it doubles. */
const firstWaitMs = 100;
/** Longest such wait. */
const longestWaitMs = 5_000;

/** What a {@link Link} works with. */
export interface LinkParts {
  readonly config: ClientConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a lost server is waited for, in milliseconds. */
  readonly patienceMs: number;
}

/** One connection that comes back by itself. */
export class Link implements AsyncDisposable {
  readonly #parts: LinkParts;
  readonly #closed = new AbortController();
  #client: Client | undefined;
  #comeBack = Promise.withResolvers<Client>();
  #status: JournalStatus = { state: 'writing' };
  #retry: Timer | undefined;

  private constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** @throws {@link Problem} `storage-unreachable` when the server does not answer. */
  static async open(parts: LinkParts): Promise<Link> {
    const link = new Link(parts);
    try {
      link.#client = await link.#connect();
    } catch (error) {
      throw unreachable(error);
    }
    return link;
  }

  get status(): JournalStatus {
    return this.#status;
  }

  /**
   * The connection; while the server is lost, waits for it.
   *
   * @throws {@link Problem} `storage-unreachable` when it has been lost for longer than the patience.
   */
  async client(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const { clock, patienceMs } = this.#parts;
    const since = this.#status.state === 'unreachable' ? this.#status.since : clock.now();
    const left = since + patienceMs - clock.now();
    if (left <= 0) throw unreachable();
    const found = new AbortController();
    const giveUp = delay(clock, left, AbortSignal.any([found.signal, this.#closed.signal])).then(
      () => Promise.reject(unreachable()),
      () => Promise.reject(unreachable()),
    );
    try {
      return await Promise.race([this.#comeBack.promise, giveUp]);
    } finally {
      found.abort();
    }
  }

  /** Says that a connection failed: a new one is sought. */
  lost(client: Client, error: unknown): void {
    if (client !== this.#client) return;
    const { clock, logger } = this.#parts;
    this.#client = undefined;
    this.#comeBack = Promise.withResolvers<Client>();
    this.#status = { state: 'unreachable', since: clock.now() };
    logger.error({ error: String(error) }, 'the PostgreSQL server is lost: entries wait for it');
    end(client);
    this.#tryAgainIn(firstWaitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#retry?.cancel();
    await this.#client?.end();
  }

  #tryAgainIn(ms: number): void {
    this.#retry = this.#parts.clock.after(ms, () => {
      this.#connect().then(
        (client) => this.#found(client),
        () => this.#tryAgainIn(Math.min(longestWaitMs, ms * 2)),
      );
    });
  }

  #found(client: Client): void {
    if (this.#closed.signal.aborted) {
      end(client);
      return;
    }
    this.#client = client;
    this.#status = { state: 'writing' };
    this.#parts.logger.info({}, 'the PostgreSQL server is back');
    this.#comeBack.resolve(client);
  }

  async #connect(): Promise<Client> {
    const client = new Client(this.#parts.config);
    client.on('error', (error) => this.lost(client, error));
    try {
      await client.connect();
      return client;
    } catch (error) {
      end(client);
      throw error;
    }
  }
}

/** Lets go of a connection that is of no use any more, whatever that says. */
function end(client: Client): void {
  client.end().catch(() => {});
}

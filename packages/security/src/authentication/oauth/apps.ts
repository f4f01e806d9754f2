import { type Clock, Problem, type Store } from '@thingtalk/core';
import { HeldDocuments } from '../../documents/held-documents.ts';
import { randomId } from '../secret-text.ts';

/** A program that people let act for them, by OAuth. It has no secret of its own: it shows by PKCE that it is who began. */
export interface App {
  /** `app_...`: its `client_id`. */
  readonly id: string;
  readonly name: string;
  /** Where people are sent back to: one of these to the letter. */
  readonly redirectUris: readonly string[];
  /** In milliseconds since 1970. */
  readonly created: number;
}

const mostApps = 1_000;
const mostRedirects = 10;

/** The apps that are known, in the collection `apps`. */
export class Apps implements Disposable {
  readonly #documents: HeldDocuments<App>;
  readonly #clock: Clock;

  private constructor(documents: HeldDocuments<App>, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  static async open(store: Store, clock: Clock): Promise<Apps> {
    return new Apps(await HeldDocuments.open<App>(store, 'apps'), clock);
  }

  find(id: string): App | undefined {
    return this.#documents.get(id);
  }

  list(): readonly App[] {
    return [...this.#documents.values()];
  }

  /** @throws {@link Problem} `unprocessable` for an address that nobody may be sent back to; `conflict` when there are too many. */
  async create(
    { name, redirectUris }: Pick<App, 'name' | 'redirectUris'>,
    author: string,
  ): Promise<App> {
    if (redirectUris.length === 0 || redirectUris.length > mostRedirects) {
      throw new Problem('unprocessable', `an app has 1 to ${mostRedirects} redirect addresses`);
    }
    for (const uri of redirectUris) checkRedirect(uri);
    if (this.#documents.size >= mostApps) throw new Problem('conflict', 'there are too many apps');
    const app: App = { id: `app_${randomId()}`, name, redirectUris, created: this.#clock.now() };
    await this.#documents.put(app.id, app, { author });
    return app;
  }

  /** Removes an app; its tokens end. @throws {@link Problem} `not-found`. */
  async delete(id: string, author: string): Promise<void> {
    if (this.find(id) === undefined) throw new Problem('not-found', `there is no app '${id}'`);
    await this.#documents.delete(id, { author });
  }

  /** Calls `listener` after an app was removed. Returns how to stop. */
  onRemoved(listener: (id: string) => void): () => void {
    return this.#documents.onChange((id, now) => {
      if (now === undefined) listener(id);
    });
  }

  [Symbol.dispose](): void {
    this.#documents[Symbol.dispose]();
  }
}

/**
 * Addresses that codes are sent to: over TLS, to a program on the person's own machine, or to one that is registered there under a
 * name that somebody owns.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8252#section-7 | RFC 8252, 7}
 */
function checkRedirect(uri: string): void {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const isLoopback = url?.hostname === '127.0.0.1' || url?.hostname === '[::1]';
  const isOwnScheme = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url?.protocol ?? '');
  const isFit =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback) || isOwnScheme;
  const isPlain = /^[!-~]+$/.test(uri) && !uri.includes('#') && url?.username === '';
  if (!isFit || !isPlain) {
    throw new Problem(
      'unprocessable',
      'a redirect address is https://..., http://127.0.0.1... or a scheme with a dot in it, without # and names',
    );
  }
}

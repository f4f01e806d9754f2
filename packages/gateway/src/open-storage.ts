import { mkdir } from 'node:fs/promises';
import type { Clock, Journal, Logger, Store } from '@thingtalk/core';
import type { GatewaySettings } from './settings/table.ts';

/** What a gateway keeps on disk; closed when disposed of. */
export interface GatewayStorage extends AsyncDisposable {
  readonly store: Store;
  readonly journal: Journal;
}

/** What {@link openStorage} works with. */
export interface StorageParts {
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens what the settings name: SQLite in the data directory, PostgreSQL, or nothing at all. Only what is wanted is loaded.
 *
 * @throws {@link Problem} `conflict` when another process uses the data directory, which holds more than the database.
 */
export async function openStorage({
  settings,
  clock,
  logger,
}: StorageParts): Promise<GatewayStorage | undefined> {
  if (settings.database === 'none') return undefined;
  const { lockDirectory, openPostgres, openSqlite } = await import('@thingtalk/storage');
  const { data: directory, database: url } = settings;
  if (url === 'sqlite') return openSqlite({ directory, clock, logger });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  opened.use(lockDirectory(directory));
  const { store, journal } = opened.use(await openPostgres({ url, clock, logger }));
  const owned = opened.move();
  return { store, journal, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

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

/** Opens what the settings name: SQLite in the data directory, PostgreSQL, or nothing at all. Only what is wanted is loaded. */
export async function openStorage({
  settings,
  clock,
  logger,
}: StorageParts): Promise<GatewayStorage | undefined> {
  if (settings.database === 'none') return undefined;
  const { openPostgres, openSqlite } = await import('@thingtalk/storage');
  if (settings.database === 'sqlite')
    return openSqlite({ directory: settings.data, clock, logger });
  return openPostgres({ url: settings.database, clock, logger });
}

import type { Storage } from '../storage.ts';
import type { PostgresOptions } from './open-postgres.ts';

export type { PostgresOptions } from './open-postgres.ts';

/**
 * Opens a PostgreSQL database. Several gateways may share one, if each Thing is written by one of them at a time.
 *
 * What speaks to PostgreSQL is loaded now, and never where SQLite is used.
 *
 * @throws {@link Problem} `storage-unreachable` when the server does not answer, `conflict` when a newer program has written it.
 */
export async function openPostgres(options: PostgresOptions): Promise<Storage> {
  const driver = await import('./open-postgres.ts');
  return driver.openPostgres(options);
}

export { openPostgres, type PostgresOptions } from './postgres/index.ts';
export { lockDirectory } from './sqlite/directory-lock.ts';
export * from './sqlite/open-sqlite.ts';
export type { Storage, StorageOptions } from './storage.ts';

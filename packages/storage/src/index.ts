export * from './postgres/open-postgres.ts';
export * from './sqlite/open-sqlite.ts';
export type { Storage, StorageOptions } from './storage.ts';

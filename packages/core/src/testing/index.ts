/** Test-only door: a clock to turn by hand, and the suites that implementations of a port run. Needs vitest. */
export * from './adapter-conformance.ts';
export * from './bus-conformance.ts';
export * from './fake-clock.ts';
export * from './inbox.ts';
export * from './journal-conformance.ts';
export * from './journal-model.ts';
export type { JournalPlace } from './journal-place.ts';
export * from './memory-guard.ts';
export * from './memory-journal.ts';
export * from './memory-store.ts';
export * from './mosquitto.ts';
export * from './naive-match.ts';
export * from './schema-conformance.ts';
export * from './store-conformance.ts';
export * from './test-program.ts';
export * from './thing-memory-conformance.ts';

export { ActionRun, type RunStatus } from './action-run.ts';
export type { BackoffOptions } from './backoff.ts';
export { Client, type ClientOptions, connect } from './client.ts';
export { ConsumedThing, type InvokeOptions, type ReadOptions } from './consumed-thing.ts';
export type { CallOptions } from './deadline.ts';
export type { HttpCall } from './http.ts';
export type {
  AnyThing,
  InvokeArguments,
  PropertyChange,
  PropertyValues,
  ThingEvent,
  ThingLiteral,
} from './literal.ts';
export {
  type ConnectionProblemName,
  ProblemError,
  type ProblemErrorName,
} from './problem-error.ts';
export type { ConnectionStatus } from './thing-socket.ts';
export type { Subscription } from './thing-watch.ts';
export type { Wish, WriteOptions, WriteResult } from './wishes.ts';

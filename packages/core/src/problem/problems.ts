/**
 * Every failure a caller can act upon, once: its HTTP status and its title.
 *
 * HTTP answers, WebSocket error frames, bus replies and docs/problems.md are all rendered from this table.
 */
export const problems = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  'payload-invalid': { status: 400, title: 'The payload is not acceptable JSON' },
  'data-schema-mismatch': { status: 400, title: 'The value does not fit its data schema' },
  'td-invalid': { status: 400, title: 'The Thing Description is not valid' },
  unauthenticated: { status: 401, title: 'Credentials are required' },
  forbidden: { status: 403, title: 'The operation is not permitted' },
  'property-read-only': { status: 403, title: 'The property cannot be written' },
  'property-write-only': { status: 403, title: 'The property cannot be read' },
  'command-retained': { status: 403, title: 'A command must not be retained' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'thing-not-found': { status: 404, title: 'No such Thing' },
  'property-not-found': { status: 404, title: 'The Thing has no such property' },
  'action-not-found': { status: 404, title: 'The Thing has no such action' },
  'event-not-found': { status: 404, title: 'The Thing has no such event' },
  'action-run-not-found': { status: 404, title: 'No such run of the action' },
  'method-not-allowed': { status: 405, title: 'The method is not offered here' },
  'not-acceptable': { status: 406, title: 'No representation of the wanted kind' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  conflict: { status: 409, title: 'The request contradicts the present state' },
  'action-cancelled': { status: 409, title: 'The action was cancelled' },
  'action-ended': { status: 409, title: 'The action has already ended' },
  'precondition-failed': {
    status: 412,
    title: 'The resource is no longer what the request expects',
  },
  'payload-too-large': { status: 413, title: 'The payload is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The content type is not understood' },
  misdirected: { status: 421, title: 'This server is not called that' },
  unprocessable: { status: 422, title: 'The document means something impossible' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The request headers are too large' },
  internal: { status: 500, title: 'Something broke here' },
  'action-failed': { status: 500, title: 'The action failed' },
  'action-outcome-unknown': {
    status: 500,
    title: 'Nobody knows whether the action was carried out',
  },
  'write-failed': { status: 500, title: 'The Thing could not carry out the write' },
  'seal-broken': { status: 500, title: 'What was stored sealed does not open' },
  'not-implemented': { status: 501, title: 'The operation is not offered' },
  'thing-unreachable': { status: 503, title: 'The Thing did not answer in time' },
  'value-unknown': { status: 503, title: 'The property has no value yet' },
  overloaded: { status: 503, title: 'Too much work is waiting' },
  'storage-unreachable': { status: 503, title: 'The database does not answer' },
  'action-timeout': { status: 504, title: 'The action took too long' },
  'storage-full': { status: 507, title: 'There is no space left to store the change' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

/** Name of a failure: a key of {@link problems}. */
export type ProblemName = keyof typeof problems;

/** Whether `name` is a row of {@link problems}. */
export function isProblemName(name: string): name is ProblemName {
  return Object.hasOwn(problems, name);
}

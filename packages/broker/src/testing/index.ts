/** What tests of a broker need. */
export { RawClient } from './raw-client.ts';

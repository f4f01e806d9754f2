/** Load program: HTTP load by autocannon, where wrk is not installed. */
import autocannon from 'autocannon';
import { finish, task, watchOwnCpu } from './program.ts';

/** What to do; with `bodies` PUT each in turn, else GET. */
export interface HttpTask {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bodies?: readonly string[];
}

const { url, connections, seconds, bodies } = task<HttpTask>();
const own = watchOwnCpu();
const headers = { 'content-type': 'application/json' };
const result = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: bodies?.map((body) => ({ method: 'PUT', body, headers })) ?? [{ method: 'GET' }],
});
if (result.non2xx > 0 || result.errors > 0) {
  console.error(`${result.non2xx} answers were no success, ${result.errors} failed`);
  process.exit(1);
}
finish({ value: result['2xx'] / result.duration, loadBusy: own() });

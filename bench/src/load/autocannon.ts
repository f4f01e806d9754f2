/** Load program: HTTP load by autocannon, where wrk is not installed. */
import autocannon from 'autocannon';
import { finish, task, watchOwnCpu } from './program.ts';

/** What to do; with `bodies` PUT each in turn, else GET. */
export interface HttpTask {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bodies?: readonly string[];
  /** Bearer tokens, shown in turn. Default: none is shown. */
  readonly tokens?: readonly string[];
}

const { url, connections, seconds, bodies, tokens } = task<HttpTask>();
const own = watchOwnCpu();
const result = await autocannon({
  url,
  connections,
  duration: seconds,
  requests: requestsOf(bodies, tokens),
});
if (result.non2xx > 0 || result.errors > 0) {
  console.error(`${result.non2xx} answers were no success, ${result.errors} failed`);
  process.exit(1);
}
finish({ value: result['2xx'] / result.duration, loadBusy: own() });

function requestsOf(
  bodies: readonly string[] = [''],
  tokens: readonly string[] = [''],
): autocannon.Request[] {
  return bodies.flatMap((body) =>
    tokens.map((token) => ({
      method: body === '' ? ('GET' as const) : ('PUT' as const),
      ...(body !== '' && { body }),
      headers: {
        ...(body !== '' && { 'content-type': 'application/json' }),
        ...(token !== '' && { authorization: `Bearer ${token}` }),
      },
    })),
  );
}

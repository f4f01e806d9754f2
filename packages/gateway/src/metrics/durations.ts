import { durationBounds, type RequestTally, type Tally } from './tally.ts';

const name = 'thingtalk_http_request_duration_seconds';

/**
 * The histogram of requests, in the text format of Prometheus.
 *
 * It is written from the {@link Tally}, since a histogram of prom-client is counted in as requests come, at many times the cost.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/ | Prometheus exposition formats}
 */
export function renderDurations({ requests }: Tally): string {
  const head = [
    `# HELP ${name} How long requests took to be answered, by route and status`,
    `# TYPE ${name} histogram`,
  ];
  return `${[...head, ...requests.flatMap(series)].join('\n')}\n`;
}

/** Nothing in a label needs escaping: they are the methods and paths of our own rows. */
function series({ method, route, status, count, sum, buckets }: RequestTally): readonly string[] {
  const labels = `method="${method}",route="${route}",status="${status}"`;
  let upTo = 0;
  const bounded = durationBounds.map((bound, index) => {
    upTo += buckets[index] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${upTo}`;
  });
  return [
    ...bounded,
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}

import type { Things } from '@thingtalk/core';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { durationBounds, type Tally } from './tally.ts';

/** What is told on the page. */
export interface MetricsSources {
  readonly tally: Tally;
  readonly things: Things;
  /** How many WebSockets are open. */
  readonly sockets: () => number;
  readonly version: string;
}

/** The page Prometheus reads, rendered anew each time. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** Builds the metrics in a registry of their own. */
export function openMetricsPage(sources: MetricsSources): MetricsPage {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addGauges(registry, sources);
  addNotes(registry, sources.tally);
  registry.registerMetric(new Durations(sources.tally));
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

function addGauges(registry: Registry, { things, sockets, version }: MetricsSources): void {
  const registers = [registry];
  new Gauge({
    name: 'thingtalk_things',
    help: 'Things the gateway knows, by whether they can be reached',
    labelNames: ['online'],
    registers,
    collect() {
      const online = things.list().filter(({ liveness }) => liveness.online).length;
      this.set({ online: 'true' }, online);
      this.set({ online: 'false' }, things.count - online);
    },
  });
  new Gauge({
    name: 'thingtalk_websockets',
    help: 'WebSockets that are open, MQTT over WebSocket among them',
    registers,
    collect() {
      this.set(sockets());
    },
  });
  new Gauge({
    name: 'thingtalk_info',
    help: 'Always 1; the label tells the version',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
}

function addNotes(registry: Registry, tally: Tally): void {
  new Counter({
    name: 'thingtalk_notes_total',
    help: 'What happened to Things, by kind: values that changed, events, states of actions, comings and goings',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, count] of tally.notes) this.inc({ kind }, count);
    },
  });
}

type Row = Awaited<ReturnType<Histogram['get']>>['values'][number];

const name = 'thingtalk_http_request_duration_seconds';

/** The histogram of requests, told from the {@link Tally}: counting there costs a fraction of counting here. */
class Durations extends Histogram<string> {
  readonly #tally: Tally;

  constructor(tally: Tally) {
    super({
      name,
      help: 'How long requests took to be answered, by route and status',
      labelNames: ['method', 'route', 'status'],
      buckets: [...durationBounds],
      registers: [],
    });
    this.#tally = tally;
  }

  override async get() {
    const values: Row[] = [];
    for (const { method, route, status, count, sum, buckets } of this.#tally.requests) {
      const labels = { method, route, status: String(status) };
      let upTo = 0;
      durationBounds.forEach((le, index) => {
        upTo += buckets[index] ?? 0;
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo });
      });
      values.push(
        { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      );
    }
    return { ...(await super.get()), values };
  }
}

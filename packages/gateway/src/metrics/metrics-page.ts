import type { Things } from '@thingtalk/core';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { renderDurations } from './durations.ts';
import type { Tally } from './tally.ts';

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
  return {
    contentType: registry.contentType,
    render: async () => (await registry.metrics()) + renderDurations(sources.tally),
  };
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

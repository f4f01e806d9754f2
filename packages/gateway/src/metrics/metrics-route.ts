import type { Route } from '@thingtalk/core';
import type { MetricsPage, MetricsSources } from './metrics-page.ts';

/** `GET /metrics`, for Prometheus. What renders it is loaded when somebody asks for the first time. */
export function metricsRoute(sources: MetricsSources): Route {
  let page: Promise<MetricsPage> | undefined;
  const open = async () => (await import('./metrics-page.ts')).openMetricsPage(sources);
  return {
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    admits: 'managers',
    summary: 'Figures for Prometheus',
    description:
      'Requests by route and status, Things by liveness, sockets, and the process itself.',
    tags: ['Gateway'],
    responses: {
      200: {
        description: 'The figures, in the text format of Prometheus',
        contentType: 'text/plain',
        schema: { type: 'string' },
      },
    },
    async handle() {
      page ??= open();
      const { contentType, render } = await page;
      return { status: 200, headers: { 'content-type': contentType }, body: await render() };
    },
  };
}

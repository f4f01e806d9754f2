import type { Adapter, AdapterHost } from '@thingtalk/core';

/**
 * Starts adapters at the same time. One that does not start is logged and left as it is: its devices are missing,
 * everything else is served.
 */
export async function startAdapters(
  adapters: readonly Adapter[],
  host: AdapterHost,
): Promise<void> {
  const { logger } = host;
  await Promise.all(
    adapters.map(async (adapter) => {
      try {
        await adapter.start(host);
        logger.info({ adapter: adapter.name, health: adapter.health }, 'adapter started');
      } catch (error) {
        logger.error({ adapter: adapter.name, err: error }, 'adapter did not start');
      }
    }),
  );
}

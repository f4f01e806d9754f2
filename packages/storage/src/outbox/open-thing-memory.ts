import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Clock,
  type Logger,
  Problem,
  silentLogger,
  systemClock,
  type ThingMemory,
} from '@thingtalk/core';
import { makeLasting } from '../lasting-directory.ts';
import { isBusy, isDamage } from '../sqlite/sqlite-errors.ts';
import { DiskOutbox } from './disk-outbox.ts';
import { LogSync } from './log-sync.ts';
import { layout, OutboxFile } from './outbox-file.ts';

/** How the memory of Things is opened. */
export interface ThingMemoryOptions {
  /** Where its file is; made when it is not there. One process at a time. */
  readonly directory: string;
  /** How many bytes of events of one Thing may wait for a gateway. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: says nothing. */
  readonly logger?: Logger;
}

/**
 * Opens a memory on disk for the Things of one process: what they said and no gateway has stored yet, their values, and
 * their open runs outlast the process.
 *
 * A damaged file is kept under a dated name, and a new one begun; the log says so.
 *
 * @example `new Servient({ bus, memory: await openThingMemory({ directory: '/var/lib/lamp' }) })`
 * @throws {@link Problem} `conflict` when another process has it open, or a newer program has written it.
 */
export async function openThingMemory(options: ThingMemoryOptions): Promise<ThingMemory> {
  const { directory, maxBytes = 16 * 2 ** 20 } = options;
  await makeLasting(directory);
  const path = join(directory, 'things.db');
  const file = await openFile(path, options);
  const log = await LogSync.open(`${path}-wal`);
  return {
    open: async (thing) => new DiskOutbox({ thing, file, log, maxBytes }),
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      file[Symbol.dispose]();
    },
  };
}

async function openFile(path: string, options: ThingMemoryOptions): Promise<OutboxFile> {
  const { clock = systemClock, logger = silentLogger } = options;
  try {
    return openSound(path);
  } catch (error) {
    if (isBusy(error)) {
      const detail = `another process keeps its things in ${options.directory}`;
      throw new Problem('conflict', detail, { cause: error });
    }
    if (!isDamage(error)) throw error;
    const kept = `${path}.damaged-${clock.now()}`;
    for (const part of ['', '-wal']) {
      if (await exists(path + part)) await rename(path + part, kept + part);
    }
    logger.error({ err: error, kept }, 'what things had kept is damaged; it begins anew');
    return openSound(path);
  }
}

function openSound(path: string): OutboxFile {
  const file = new OutboxFile(path);
  try {
    if (file.layout > layout) {
      const detail = `${path} has layout ${file.layout}; this program knows ${layout}`;
      throw new Problem('conflict', detail);
    }
    file.prepare();
    return file;
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

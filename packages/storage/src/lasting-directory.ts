import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory where it is not there, and brings its name to the disk: what is synced in it lasts only if it does.
 *
 * @param path its parents are made too.
 */
export async function makeLasting(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  const last = dirname(resolve(first ?? path));
  for (let above = dirname(resolve(path)); ; above = dirname(above)) {
    await syncNames(above);
    if (above === last) return;
  }
}

/** What says that names cannot be brought to the disk by us: no permission, or a system that does so itself, as Windows. */
const refusals: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'EBADF']);

/** A sync of a file says nothing of the names above it. */
async function syncNames(directory: string): Promise<void> {
  try {
    await using handle = await open(directory, 'r');
    await handle.sync();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!refusals.has(code)) throw error;
  }
}

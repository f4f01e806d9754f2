import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory where it is not there, and brings its name to the disk: what is synced in it lasts only if that does.
 *
 * So the names of all above it, whoever has made them.
 */
export async function makeLasting(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  let directory = resolve(path);
  while (directory !== dirname(directory)) {
    directory = dirname(directory);
    await syncNames(directory);
  }
}

/** What says that it is not for us to do: no permission, a disk that nobody writes to, or a system without it, as Windows. */
const refusals: ReadonlySet<unknown> = new Set(
  'EACCES EPERM EROFS EISDIR EINVAL EBADF ENOTSUP'.split(' '),
);

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

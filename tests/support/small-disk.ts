import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk that is full as soon as one likes; disposing of it takes it away. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Takes all that is free. */
  fill(): Promise<void>;
  /** Gives that back. */
  free(): Promise<void>;
}

/** Whether this process may mount a disk: only root may. With CI=true it must, and the tests say so by failing. */
export function mayMount(): boolean {
  return process.env.CI === 'true' || process.getuid?.() === 0;
}

/** Mounts a disk in memory. */
export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'thingtalk-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  const filler = join(path, 'filler');
  return {
    path,
    async fill() {
      for (let left = await freeBytes(path); left > 0; left = await freeBytes(path)) {
        const taken = Buffer.alloc(left);
        await writeFile(filler, taken, { flag: 'a' }).catch(() => {});
      }
    },
    free: () => rm(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

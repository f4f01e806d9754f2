import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { root } from '../architecture/house.ts';
import { startCommand } from '../support/shell.ts';

// Whole programs are started, on a machine that runs other suites at the same time.
vi.setConfig({ testTimeout: 60_000 });

const bin = 'packages/cli/bin/thingtalk.js';

/** A clone in which a build and the sources each say who they are. */
async function openClone() {
  const folder = await mkdtemp(join(tmpdir(), 'thingtalk-start-'));
  const put = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await cp(join(root, bin), join(folder, bin), { recursive: true });
  await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  await put('packages/cli/package.json', '{"type": "module"}');
  await put('packages/adapters/lamp/package.json', '{}');
  await put('packages/adapters/lamp/src/lamp.ts', 'export{};');
  await put('packages/cli/src/index.ts', `export const runCli = () => console.log('source');`);
  await put('node_modules/.package-lock.json', '{}');
  return {
    folder,
    put,
    /** What a build of the sources as they are now would run. */
    async build(program: string) {
      const ask = `import('./scripts/lib/start-build.mjs').then((m) => console.log(m.buildFolder()))`;
      const name = await this.run('-e', ask);
      await mkdir(join(name, 'dist'), { recursive: true });
      await writeFile(join(name, 'package.json'), '{"type": "commonjs"}');
      await writeFile(join(name, 'dist', 'cli.js'), program);
    },
    /** What Node says to these arguments. */
    async run(...args: readonly string[]): Promise<string> {
      const options = { cwd: folder };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
      return (stderr + stdout).trim();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

const built = `exports.runCli = () => console.log('build');`;

describe('what the thingtalk command runs in a clone', () => {
  test('is the sources where nothing was built, and the build where it was', async () => {
    await using clone = await openClone();
    expect(await clone.run(bin)).toBe('source');
    await clone.build(built);
    expect(await clone.run(bin)).toBe('build');
  });

  test('is the sources when that is asked for, and for the things of a file', async () => {
    await using clone = await openClone();
    await clone.build(built);
    expect(await clone.run('-C', '@thingtalk/source', bin)).toBe('source');
    expect(await clone.run(bin, 'expose', 'lamp.ts')).toBe('source');
  });

  test.each([
    ['a source changed', 'packages/adapters/lamp/src/lamp.ts', 'export { };'],
    ['a source came', 'packages/adapters/lamp/src/dimmer.ts', 'export {}'],
    ['a package changed', 'packages/adapters/lamp/package.json', '{"version": "2"}'],
    ['other packages were installed', 'node_modules/.package-lock.json', '{"packages": {}}'],
    ['builds are made otherwise', 'scripts/build-start.mjs', ''],
  ])('is never a build from before %s', async (_, path, text) => {
    await using clone = await openClone();
    await clone.build(built);
    await clone.put(path, text);
    expect(await clone.run(bin)).toBe('source');
  });

  test('is not a stale build though a source has the length and the time it had', async () => {
    await using clone = await openClone();
    const path = 'packages/adapters/lamp/src/lamp.ts';
    const { atime, mtime } = await stat(join(clone.folder, path));
    await clone.build(built);
    await clone.put(path, 'export[];');
    await utimes(join(clone.folder, path), atime, mtime);
    expect(await clone.run(bin)).toBe('source');
  });

  test('is still the build when only a test changed', async () => {
    await using clone = await openClone();
    await clone.build(built);
    await clone.put('packages/adapters/lamp/src/lamp.test.ts', 'export {}');
    expect(await clone.run(bin)).toBe('build');
  });

  test('is the sources when the build does not load, and a line says why', async () => {
    await using clone = await openClone();
    await clone.build(`throw new Error('half written');`);
    expect(await clone.run(bin)).toMatch(
      /^thingtalk: the start build .* does not load \(half written\); starting from source\.\nsource$/,
    );
  });
});

describe('the start build', () => {
  test('serves what the sources serve', async () => {
    const data = await mkdtemp(join(tmpdir(), 'thingtalk-start-'));
    const gateway = ['gateway', '--virtual-house', '--http-port=0', '--mqtt-port=0'].join(' ');
    const answers = async (command: string) => {
      await using running = startCommand(`${command} ${gateway} --data ${data}`);
      const [http = ''] = await running.says(/http:\/\/127\.0\.0\.1:\d+/);
      const ask = async (path: string) => (await fetch(http + path)).text();
      const things = JSON.parse(await ask('/things')) as { readonly title: string }[];
      return {
        things: things.map(({ title }) => title).sort(),
        search: JSON.parse(await ask(`/search/jsonpath?query=${encodeURIComponent('$[*].title')}`)),
        api: Object.keys(JSON.parse(await ask('/openapi.json')).paths).sort(),
        metrics: /^# HELP thingtalk_things .*$/m.exec(await ask('/metrics'))?.[0],
        page: await ask('/docs'),
      };
    };
    try {
      const building = startCommand(`${process.execPath} scripts/build-start.mjs`);
      await building.says(/Made the start build/);
      await building.stop();
      const ofSources = await answers(`${process.execPath} -C @thingtalk/source ${bin}`);
      expect(await answers(`${process.execPath} ${bin}`)).toEqual(ofSources);
      expect(ofSources.things.length).toBeGreaterThan(10);
      expect(ofSources.metrics).toBeDefined();
    } finally {
      await rm(data, { recursive: true });
    }
  });
});

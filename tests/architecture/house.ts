import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { type Floor, floors } from './floors.ts';

/** The workspace's folder. */
export const root = join(import.meta.dirname, '../..');

/** A package of the workspace, as the rules see it. */
export interface HousePackage {
  /** `@thingtalk/core` */
  readonly name: string;
  /** As the floors name it: `core`, `adapters/virtual`. */
  readonly room: string;
  /** From the workspace's folder: `packages/core`. */
  readonly folder: string;
  readonly row: Floor;
  /** What users get with it: dependencies, peer and optional ones. */
  readonly dependencies: ReadonlySet<string>;
  /** What only its tests get beside those. */
  readonly devDependencies: ReadonlySet<string>;
  /** Its front doors by export name, each with its source: `./mqtt` is `src/mqtt.ts`. */
  readonly doors: ReadonlyMap<string, string>;
}

/** All packages of the workspace by name. */
export type House = ReadonlyMap<string, HousePackage>;

/**
 * Reads the workspace as it stands.
 *
 * @throws `Error` when a package stands on no floor.
 */
export function readHouse(): House {
  const manifests = globSync(
    [
      'packages/*/package.json',
      'packages/adapters/*/package.json',
      '{examples,tests}/package.json',
    ],
    { cwd: root },
  );
  const packages = manifests
    .toSorted()
    .map((path) => readPackage(path.replace('/package.json', '')));
  return new Map(packages.map((one) => [one.name, one]));
}

/** The sources of a package: its TypeScript files, built and generated ones aside. */
export function sourcesOf({ folder }: HousePackage): readonly { path: string; text: string }[] {
  return globSync(`${folder}/**/*.{ts,mts,cts,tsx}`, {
    cwd: root,
    exclude: ['**/node_modules', '**/dist'],
  })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function readPackage(folder: string): HousePackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const room = folder.replace(/^packages\//, '');
  const row = floors.find(({ packages }) => packages.some((glob) => matchesGlob(room, glob)));
  if (row === undefined) throw new Error(`${folder} stands on no floor: add it to floors.ts`);
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  return {
    name: manifest.name,
    room,
    folder,
    row,
    dependencies: new Set(
      Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }),
    ),
    devDependencies: new Set(Object.keys(devDependencies ?? {})),
    doors: new Map(
      Object.entries<string | Record<string, string>>(manifest.exports ?? {}).map(
        ([door, target]) => [
          door,
          typeof target === 'string' ? target : (target['@thingtalk/source'] ?? ''),
        ],
      ),
    ),
  };
}

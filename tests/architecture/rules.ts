import { isBuiltin } from 'node:module';
import { matchesGlob, posix } from 'node:path';
import { coreRooms, longestFile } from './floors.ts';
import type { House, HousePackage } from './house.ts';
import { type Import, readSource, type SourceText } from './source-text.ts';

/**
 * Holds a source against the rules of the house.
 *
 * @param path from the workspace's folder: it decides whose rules hold.
 * @returns what is wrong, each with file and line; nothing when all is well.
 */
export function violations(house: House, path: string, text: string): readonly string[] {
  const owner = [...house.values()].find(({ folder }) => path.startsWith(`${folder}/`));
  if (owner === undefined) return [`${path}: belongs to no package`];
  const source = readSource(path, text);
  return [
    ...source.imports.flatMap((one) =>
      importFaults(house, owner, source, one).map((fault) => `${path}:${one.line}: ${fault}`),
    ),
    ...styleFaults(source),
  ];
}

/** Tests, and what only they use: `testing-<what>.ts` beside them. */
const isTest = (path: string) =>
  path.startsWith('tests/') || /(\.test|\/testing-[^/]+)\.ts$/.test(path);

function importFaults(
  house: House,
  owner: HousePackage,
  { path }: SourceText,
  { specifier, isType }: Import,
): readonly string[] {
  if (specifier.startsWith('.')) return relativeFaults(owner, path, specifier);
  if (isBuiltin(specifier)) {
    return specifier.startsWith('node:') ? [] : [`'${specifier}' must be 'node:${specifier}'`];
  }
  const name = packageOf(specifier);
  const faults: string[] = [];
  const ours = house.get(name);
  if (ours !== undefined) faults.push(...doorFaults(owner, ours, specifier));
  if (ours !== undefined && owner.row.typesOnly && !isType && !isTest(path)) {
    faults.push(`${owner.room} may import types of ${ours.room} only`);
  }
  const isDeclared =
    owner.dependencies.has(name) || (isTest(path) && owner.devDependencies.has(name));
  // A package reaches itself by its own front door, as its users do.
  if (!isDeclared && ours !== owner) {
    faults.push(`'${name}' is not declared in ${owner.folder}/package.json`);
  }
  return faults;
}

/** `@scope/name/door` is of `@scope/name`, `name/door` of `name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function doorFaults(owner: HousePackage, ours: HousePackage, specifier: string): readonly string[] {
  const faults: string[] = [];
  if (ours !== owner && !owner.row.imports.some((glob) => matchesGlob(ours.room, glob))) {
    faults.push(`${owner.room} (floor ${owner.row.floor}) may not import ${ours.room}`);
  }
  const door = `.${specifier.slice(ours.name.length)}`;
  if (!ours.doors.has(door)) faults.push(`'${specifier}' is no front door of ${ours.name}`);
  return faults;
}

function relativeFaults(owner: HousePackage, path: string, specifier: string): readonly string[] {
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith(`${owner.folder}/`)) return [`'${specifier}' leaves ${owner.folder}`];
  if (owner.room !== 'core' || isTest(path)) return [];
  const [from, to] = [coreRoom(path), coreRoom(target)];
  if (from === undefined || to === undefined) return doorOfCoreFaults(path, from, to);
  return coreRooms.indexOf(to) <= coreRooms.indexOf(from)
    ? []
    : [`core/${from} may not import core/${to}, which stands above it`];
}

/** The files directly in core/src are its doors: they show the rooms, and no room looks at them. */
function doorOfCoreFaults(
  path: string,
  from: CoreRoom | undefined,
  to: CoreRoom | undefined,
): readonly string[] {
  if (to === undefined && from !== undefined) return [`core/${from} may not import a door of core`];
  return to === 'testing' ? [`${path} may not import core/testing, which has its own door`] : [];
}

type CoreRoom = (typeof coreRooms)[number];

function coreRoom(path: string): CoreRoom | undefined {
  return coreRooms.find((room) => path.startsWith(`packages/core/src/${room}/`));
}

/** An example is a program, and its module is its main function. */
const isProgram = (path: string) => isTest(path) || path.startsWith('examples/');

function styleFaults(source: SourceText): readonly string[] {
  const { path, lineCount, anys, moduleVariables, silencers } = source;
  // Negative compile tests say what must not compile by @ts-expect-error, which fails when it does.
  const silenced = silencers.filter(({ text }) => !isTest(path) || text !== '@ts-expect-error');
  return [
    ...anys.map((line) => `${path}:${line}: says 'any'`),
    ...silenced.map(({ line, text }) => `${path}:${line}: says '${text}'`),
    ...(isProgram(path) ? [] : moduleVariables).map(
      (line) => `${path}:${line}: a variable at module level`,
    ),
    ...(isTest(path) || lineCount <= longestFile
      ? []
      : [`${path}: ${lineCount} lines, of at most ${longestFile}`]),
  ];
}

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type House, root } from './house.ts';
import { parseSource, type SyntaxNode } from './source-text.ts';

/** A name that a package offers its users. */
export interface PublicExport {
  readonly name: string;
  /** Where it is declared, as `packages/core/src/data/json.ts`. */
  readonly path: string;
  readonly line: number;
  readonly isFunction: boolean;
  /** Whether a TSDoc comment stands right before it; of overloads, before one of them. */
  readonly isDocumented: boolean;
}

/** What the front doors of all packages that users install offer; what two doors show counts once. */
export function publicExports(house: House): readonly PublicExport[] {
  const packages = [...house.values()].filter(({ folder }) => folder.startsWith('packages/'));
  const doors = packages.flatMap(({ folder, doors }) =>
    [...doors.values()].map((source) => posix.join(folder, source)),
  );
  const found = doors.flatMap((door) =>
    exportsOf(door, (path) => readFileSync(join(root, path), 'utf8')),
  );
  return [...new Map(found.map((one) => [`${one.path}:${one.line} ${one.name}`, one])).values()];
}

/**
 * What a module exports, through its relative `export ... from` and imports.
 *
 * @param read gives the text of a path.
 */
export function exportsOf(path: string, read: (path: string) => string): readonly PublicExport[] {
  const text = read(path);
  const { program, comments } = parseSource(path, text);
  const statements = program.body as readonly SyntaxNode[];
  const docs = comments
    .filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
    .map(({ end }) => end);
  const isDocumented = ({ start }: SyntaxNode) =>
    docs.some((end) => end <= start && text.slice(end, start).trim() === '');
  const lineOf = ({ start }: SyntaxNode) => text.slice(0, start).split('\n').length;

  const declared = (statement: SyntaxNode, names = declaredBy(statement)): PublicExport[] =>
    names.map((name) => ({
      name,
      path,
      line: lineOf(statement),
      isFunction: isFunction(statement),
      isDocumented: isDocumented(statement),
    }));
  const from = (source: unknown): readonly PublicExport[] => {
    const specifier = (source as { value: string }).value;
    return specifier.startsWith('.')
      ? exportsOf(posix.join(posix.dirname(path), specifier), read)
      : [];
  };
  const named = (local: string): readonly PublicExport[] => {
    const here = statements.filter((one) => declaredBy(one).includes(local));
    if (here.length > 0) return here.flatMap((one) => declared(one, [local]));
    const imported = statements.find((one) => importsAs(one, local));
    return imported ? from(imported.source).filter(({ name }) => name === local) : [];
  };
  const exported = (statement: SyntaxNode): readonly PublicExport[] => {
    if (statement.type === 'ExportAllDeclaration') return from(statement.source);
    if (statement.type !== 'ExportNamedDeclaration') return [];
    if (statement.declaration) return declared(statement);
    return localNames(statement).flatMap((local) =>
      statement.source ? from(statement.source).filter(({ name }) => name === local) : named(local),
    );
  };
  return withOverloadsJoined(statements.flatMap(exported));
}

const declarationOf = (statement: SyntaxNode) => (statement.declaration ?? statement) as SyntaxNode;

function isFunction(statement: SyntaxNode): boolean {
  return ['FunctionDeclaration', 'TSDeclareFunction'].includes(declarationOf(statement).type);
}

/** Names that a statement declares, exported or not. */
function declaredBy(statement: SyntaxNode): readonly string[] {
  const declaration = declarationOf(statement);
  const declarators = declaration.declarations as readonly SyntaxNode[] | undefined;
  return (declarators ?? [declaration]).flatMap(({ id }) => nameOf(id) ?? []);
}

function localNames({ specifiers }: SyntaxNode): readonly string[] {
  return (specifiers as readonly SyntaxNode[]).flatMap(({ local }) => nameOf(local) ?? []);
}

function importsAs(statement: SyntaxNode, local: string): boolean {
  return statement.type === 'ImportDeclaration' && localNames(statement).includes(local);
}

function nameOf(identifier: unknown): string | undefined {
  return (identifier as { name?: string } | null | undefined)?.name;
}

/** The declarations of an overloaded function follow each other, and are one export. */
function withOverloadsJoined(found: readonly PublicExport[]): readonly PublicExport[] {
  const joined: PublicExport[] = [];
  for (const one of found) {
    const before = joined.at(-1);
    const isOverload = before?.name === one.name && before.isFunction && one.isFunction;
    if (!isOverload) joined.push(one);
    else joined.splice(-1, 1, { ...before, isDocumented: before.isDocumented || one.isDocumented });
  }
  return joined;
}

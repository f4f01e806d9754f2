import { parseSync } from 'vite';

/** An import of any kind: also `import type`, `export from`, `import()` and `import('...').Type`. */
export interface Import {
  readonly specifier: string;
  /** Whether nothing of it is left when the program runs. */
  readonly isType: boolean;
  readonly line: number;
}

/** A TypeScript source, read for what the rules of the house ask. */
export interface SourceText {
  /** From the workspace's folder, with slashes: `packages/core/src/index.ts`. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  /** Lines that say the type `any`. */
  readonly anys: readonly number[];
  /** Lines with a module-level `let` or `var`. */
  readonly moduleVariables: readonly number[];
  /** Lines whose comment silences the compiler or the linter. */
  readonly silencers: readonly { readonly line: number; readonly text: string }[];
}

/** A node of the syntax tree (ESTree with TypeScript). */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/**
 * Reads a source.
 *
 * @throws `SyntaxError` when it cannot be parsed.
 */
export function readSource(path: string, text: string): SourceText {
  const { program, comments } = parseSource(path, text);
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  const imports: Import[] = [];
  const anys: number[] = [];
  for (const node of nodesOf(program)) {
    const specifier = importedBy(node);
    if (specifier !== undefined) {
      imports.push({ specifier, isType: isTypeImport(node), line: lineOf(node.start) });
    }
    if (node.type === 'TSAnyKeyword') anys.push(lineOf(node.start));
  }
  return {
    path,
    lineCount: text.trimEnd().split('\n').length,
    imports,
    anys,
    moduleVariables: topLevel(program)
      .filter(({ type, kind }) => type === 'VariableDeclaration' && kind !== 'const')
      .map(({ start }) => lineOf(start)),
    silencers: comments
      .map(({ start, value }) => ({ line: lineOf(start), text: silencer.exec(value)?.[1] ?? '' }))
      .filter(({ text }) => text !== ''),
  };
}

/** A comment: `Block`, or to the end of its `Line`. */
export interface Comment {
  readonly type: 'Block' | 'Line';
  /** What stands between the marks of the comment. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** A source's syntax tree and its comments. */
export function parseSource(
  path: string,
  text: string,
): { readonly program: SyntaxNode; readonly comments: readonly Comment[] } {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  return { program: program as unknown as SyntaxNode, comments };
}

/** The statements of a module; of an exported declaration, the declaration. */
function topLevel(program: SyntaxNode): readonly SyntaxNode[] {
  const statements = program.body as readonly SyntaxNode[];
  return statements.map((node) => (node.declaration as SyntaxNode | null | undefined) ?? node);
}

const silencer = /(@ts-(?:ignore|nocheck|expect-error)|biome-ignore\S*|eslint-disable\S*)/;

const importing = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
  'TSExternalModuleReference',
]);

function importedBy(node: SyntaxNode): string | undefined {
  if (!importing.has(node.type)) return undefined;
  const source = node.source ?? node.expression;
  return isNode(source) && typeof source.value === 'string' ? source.value : undefined;
}

/** `import { type X }` is none: verbatimModuleSyntax keeps it as `import {}`. */
function isTypeImport({ type, importKind, exportKind }: SyntaxNode): boolean {
  return type === 'TSImportType' || importKind === 'type' || exportKind === 'type';
}

function* nodesOf(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item);
  if (!isNode(value)) return;
  yield value;
  for (const member of Object.values(value)) yield* nodesOf(member);
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

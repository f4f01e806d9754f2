import { expect, test } from 'vitest';
import { exportsOf } from './public-exports.ts';

const exportsIn = (files: Readonly<Record<string, string>>) =>
  exportsOf('src/index.ts', (path) => files[path] ?? '').map(
    ({ name, path, line, isDocumented }) => `${path}:${line} ${name} ${isDocumented}`,
  );

test('an export is documented when a TSDoc comment stands right before it', () => {
  const text =
    '/** Yes. */\nexport const a = 1;\n// no\nexport type B = 1;\n/* no */\nexport class C {}';
  expect(exportsIn({ 'src/index.ts': text })).toEqual([
    'src/index.ts:2 a true',
    'src/index.ts:4 B false',
    'src/index.ts:6 C false',
  ]);
});

test('what a door shows is followed to where it is declared', () => {
  const files = {
    'src/index.ts': "export * from './all.ts';\nexport { one, type Two } from './some.ts';",
    'src/all.ts': "import { far } from './some.ts';\nexport { far };\nexport * from 'elsewhere';",
    'src/some.ts':
      '/** One. */\nexport function one() {}\nexport interface Two {}\nexport const far = 1, hidden = 2;',
  };
  expect(exportsIn(files)).toEqual([
    'src/some.ts:4 far false',
    'src/some.ts:2 one true',
    'src/some.ts:3 Two false',
  ]);
});

test('overloads share one comment', () => {
  const text =
    '/** F. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;\nexport function f(a: 1 | 2) {\n  return a;\n}';
  expect(exportsIn({ 'src/index.ts': text })).toEqual(['src/index.ts:2 f true']);
});

test('a type and the function of its name are two exports', () => {
  const text = '/** T. */\nexport type T = 1;\nexport function T() {}';
  expect(exportsIn({ 'src/index.ts': text })).toEqual([
    'src/index.ts:2 T true',
    'src/index.ts:3 T false',
  ]);
});

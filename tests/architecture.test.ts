import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { biomeOverrides } from './architecture/biome-overrides.ts';
import { readHouse, root, sourcesOf } from './architecture/house.ts';
import { violations } from './architecture/rules.ts';
import { readSource } from './architecture/source-text.ts';

const house = readHouse();

describe('the house as it stands', () => {
  for (const one of house.values()) {
    test(`${one.room} keeps the floors, the front doors and the style`, () => {
      const faults = sourcesOf(one).flatMap(({ path, text }) => violations(house, path, text));
      expect(faults).toEqual([]);
    });
  }

  // A strict Content-Security-Policy forbids eval, and a browser has neither Node's modules nor sockets.
  const browserDoors = ['packages/core/src/index.ts', 'packages/client/src/index.ts'];
  test.each(browserDoors)('%s reaches nothing that a browser lacks', (door) => {
    const reached = [...reach(door)].filter(
      (specifier) => isBuiltin(specifier) || ['ajv', 'mqtt', 'ws'].includes(specifier),
    );
    expect(reached).toEqual([]);
  });
});

/** Every specifier that is imported from a file on, through relative imports. */
function reach(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { specifier } of readSource(path, readFileSync(join(root, path), 'utf8')).imports) {
    if (specifier.startsWith('.')) reach(posix.join(posix.dirname(path), specifier), seen);
    else seen.add(specifier);
  }
  return seen;
}

test('biome.json forbids what the floors forbid', () => {
  const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  expect(overrides).toEqual(biomeOverrides());
});

describe('a planted fault is found', () => {
  const planted: readonly [what: string, path: string, text: string, fault: RegExp][] = [
    [
      'a service that imports a sibling',
      'packages/application/src/x.ts',
      "import { startBroker } from '@thingtalk/broker';",
      /application \(floor 1\) may not import broker/,
    ],
    [
      'an upward import, of a type only',
      'packages/broker/src/x.ts',
      "import type { Gateway } from '@thingtalk/gateway';",
      /broker \(floor 1\) may not import gateway/,
    ],
    [
      'an upward import, when it runs',
      'packages/adapters/virtual/src/x.ts',
      "export const late = () => import('@thingtalk/application');",
      /adapters\/virtual \(floor 1\) may not import application/,
    ],
    [
      'an upward import inside a type',
      'packages/gateway/src/x.ts',
      "export type Late = import('@thingtalk/cli').Late;",
      /gateway \(floor 2\) may not import cli/,
    ],
    [
      'an upward export',
      'packages/core/src/x.ts',
      "export * from '@thingtalk/client';",
      /core \(floor 0\) may not import client/,
    ],
    [
      'an upward import between the rooms of core',
      'packages/core/src/td/x.ts',
      "import type { Bus } from '../ports/bus.ts';",
      /core\/td may not import core\/ports/,
    ],
    [
      'a room of core that goes through a door',
      'packages/core/src/bus/x.ts',
      "import { Problem } from '../index.ts';",
      /core\/bus may not import a door of core/,
    ],
    [
      'the test suites behind another door than theirs',
      'packages/core/src/index.ts',
      "export * from './testing/fake-clock.ts';",
      /may not import core\/testing/,
    ],
    [
      'an import past the front door',
      'packages/gateway/src/x.ts',
      "import { Topics } from '@thingtalk/core/src/bus/topics.ts';",
      /is no front door of @thingtalk\/core/,
    ],
    [
      'a path into another package',
      'packages/gateway/src/x.ts',
      "import { Topics } from '../../core/src/bus/topics.ts';",
      /leaves packages\/gateway/,
    ],
    [
      'an undeclared dependency',
      'packages/gateway/src/x.ts',
      "import fastify from 'fastify';",
      /'fastify' is not declared in packages\/gateway\/package.json/,
    ],
    [
      'a source that needs what only its tests have',
      'packages/gateway/src/x.ts',
      "import fc from 'fast-check';",
      /'fast-check' is not declared/,
    ],
    [
      'a value where only types are allowed',
      'packages/client/src/x.ts',
      "import { type Form, Problem } from '@thingtalk/core';",
      /client may import types of core only/,
    ],
    ['any', 'packages/core/src/x.ts', 'export const x: any = 1;', /says 'any'/],
    [
      'a silenced compiler',
      'packages/core/src/x.test.ts',
      '// @ts-ignore: it is fine\nexport const x = 1;',
      /:1: says '@ts-ignore'/,
    ],
    [
      'a silenced linter',
      'tests/x.test.ts',
      'export const x = 1; // biome-ignore lint: it is fine',
      /says 'biome-ignore'/,
    ],
    ['state at module level', 'packages/cli/src/x.ts', 'export let n = 0;', /at module level/],
    ['a file too long', 'packages/cli/src/x.ts', '\n'.repeat(300).concat('0;'), /301 lines/],
  ];
  test.each(planted)('%s', (_what, path, text, fault) => {
    expect(violations(house, path, text).join('\n')).toMatch(fault);
  });

  test('but not in what only speaks of it', () => {
    const text = "/** import { x } from '@thingtalk/gateway'; any */\nexport const x = 'any';";
    expect(violations(house, 'packages/core/src/td/x.ts', text)).toEqual([]);
  });
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** How many attacks of each kind are known: HTTP, WebSocket, MQTT, TLS and devices. */
const known = { H: 34, W: 18, M: 30, T: 14 } as const;

/** The numbers that no test has yet, each with what it waits for. */
const later: Readonly<Record<string, string>> = {
  H21: 'there is no history of values yet',
  M19: 'correlation data are of MQTT 5, which the embedded broker refuses',
  M20: 'topic aliases are of MQTT 5, which the embedded broker refuses',
  M25: 'subscription ids are of MQTT 5, which the embedded broker refuses',
  T2: 'no door asks for certificates of clients: devices have secrets',
  T3: 'no door asks for certificates of clients: devices have secrets',
  T6: 'no door asks for certificates of clients: devices have secrets',
  T9: 'there are no backups yet',
  T12: 'there are no add-ons yet',
  T13: 'there are no rules yet',
};

const numbers = Object.entries(known).flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, at) => `${kind}${at + 1}`),
);

/** All numbers that the sources of tests name outside of their comments. */
function tested(): ReadonlySet<string> {
  const files = globSync(['tests/**/*.test.ts', 'packages/**/*.test.ts'], {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  });
  const found = files
    .filter((name) => name !== join('tests', 'attack', 'catalogue.test.ts'))
    .flatMap((name) => {
      const source = readFileSync(join(root, name), 'utf8');
      const code = source.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
      return code.match(/\b[HWMT]\d{1,2}\b/g) ?? [];
    });
  return new Set(found);
}

it('each attack that is known is in the name of a test, or waits for what is not built yet', () => {
  const names = tested();
  const missing = numbers.filter((number) => !names.has(number) && later[number] === undefined);
  expect(missing).toEqual([]);
});

it('nothing waits that has a test, and nothing has a number that is none', () => {
  const names = tested();
  expect(Object.keys(later).filter((number) => names.has(number))).toEqual([]);
  expect([...names].filter((name) => !numbers.includes(name))).toEqual([]);
});

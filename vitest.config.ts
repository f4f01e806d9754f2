import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { findServices } from './scripts/services.mjs';

/** Packages are taken from their sources, in the tests and in what the tests start. */
const conditions = ['@thingtalk/source'];

/** Tests of one kind: those beside the sources, or the journeys across packages. */
const project = (name: string, include: string[]) => ({
  extends: true as const,
  test: { name, include },
});

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      project('units', ['packages/**/*.test.ts']),
      project('journeys', ['tests/**/*.test.ts', 'examples/**/*.test.ts']),
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Gateways that tests start do not see one another on the network, and ask nobody who they are, unless a test is about that.
    env: { ...findServices(), THINGTALK_DISCOVERY: 'off', THINGTALK_SECURITY: 'demo' },
    execArgv: ['-C', '@thingtalk/source'],
    testTimeout: 60_000,
    // Most wait for processes and disks: two keep even a small machine busy.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    restoreMocks: true,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@thingtalk/source'] },
  ssr: {
    resolve: { conditions: ['@thingtalk/source'], externalConditions: ['@thingtalk/source'] },
  },
  test: {
    include: ['packages/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    execArgv: ['-C', '@thingtalk/source'],
    testTimeout: 20_000,
    restoreMocks: true,
  },
});

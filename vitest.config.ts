import { defineConfig } from 'vitest/config';

/**
 * unit: pure code and sockets on loopback, files in parallel. postgres: files that need the real Postgres that
 * `deploy/local/testing` starts once. e2e: real processes on ports of their own; they wait more than they work.
 */
export default defineConfig({
  test: {
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{proto,shared,agent,coordinator,deploy}/**/*.test.ts'],
          exclude: ['**/*.pg.test.ts', '**/*.e2e.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'postgres',
          include: ['{coordinator,deploy}/**/*.pg.test.ts'],
          globalSetup: ['deploy/local/testing/postgres-for-tests.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['deploy/**/*.e2e.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

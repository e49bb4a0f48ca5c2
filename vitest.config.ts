import { defineConfig } from 'vitest/config';

/** Real sockets, processes and clocks on machines that others share: what fails once is tried again, and reported so. */
const RETRIES = 1;

/** What must hold whichever engine a probe stands on. */
const ENGINE_SUITE = ['agent/probe/{probe,connect,secure}.test.ts', 'agent/probe/dialogue/run-steps.test.ts', 'deploy/fuzz/zoo/hostile-zoo.test.ts'];

/** Left to the full form. */
const LONG = process.env['SONDE_TEST_LONG'] === '1' ? [] : ['**/*.long.e2e.test.ts'];

/**
 * unit: pure code and sockets on loopback, files in parallel. kernel-engine: those about sockets
 * once more, on the kernel-timed engine. postgres: files that need the real Postgres that
 * `deploy/local/testing` starts once. e2e: real processes on ports of their own; they wait more than they work. Those
 * named `*.long.e2e.test.ts` run with `npm run test:full` alone, which sets SONDE_TEST_LONG=1.
 */
export default defineConfig({
  test: {
    maxWorkers: 5,
    projects: [
      {
        test: {
          retry: RETRIES,
          name: 'unit',
          // Files share their worker's modules: three hundred of them importing all anew were a fifth of a run. They leave nothing behind.
          isolate: false,
          include: ['{proto,shared,agent,coordinator,deploy}/**/*.test.ts'],
          exclude: ['**/*.pg.test.ts', '**/*.e2e.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          retry: RETRIES,
          name: 'kernel-engine',
          include: ENGINE_SUITE,
          env: { SONDE_TEST_ENGINE: 'kernel' },
          setupFiles: ['agent/probe/testing/skip-without-kernel-engine.ts'],
        },
      },
      {
        test: {
          retry: RETRIES,
          name: 'postgres',
          isolate: false,
          include: ['{coordinator,deploy}/**/*.pg.test.ts'],
          globalSetup: ['deploy/local/testing/postgres-for-tests.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          retry: RETRIES,
          name: 'e2e',
          include: ['deploy/**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**', ...LONG],
          globalSetup: ['deploy/e2e/browser/built-dashboard.ts', 'deploy/e2e/browser/browser-is-ready.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

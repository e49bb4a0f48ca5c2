import { runSeed } from './run-seed.ts';
import type { SeedTask } from './seed-pool.ts';

/** One of the processes of a `SeedPool`: a seed in, its report out; ends with its parent. */
process.on('message', (task: SeedTask) => {
  runSeed(task).then((report) => process.send?.({ report }), (error: unknown) => process.send?.({ error: error instanceof Error ? String(error.stack) : String(error) }));
});

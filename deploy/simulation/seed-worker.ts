import { runTask, type HistoryTask, type SeedTask } from './seed-pool.ts';

/** One of the processes of a `SeedPool`: a seed in, its report out; ends with its parent. */
process.on('message', (task: SeedTask | HistoryTask) => {
  runTask(task).then((report) => process.send?.({ report }), (error: unknown) => process.send?.({ error: error instanceof Error ? String(error.stack) : String(error) }));
});

/** The pattern thread, with patterns that make it die or hang. */
import { parentPort } from 'node:worker_threads';
import { PatternJobs, type PatternJob } from '../pattern-jobs.ts';

const jobs = new PatternJobs();
parentPort?.on('message', (job: PatternJob) => {
  if (job.kind === 'expect' && job.source === 'exit') process.exit(7);
  if (job.kind === 'expect' && job.source === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  parentPort?.postMessage({ ok: true, answer: jobs.do(job) });
});

/** Entry of the pattern thread; `pattern-thread.ts` starts it. Answers one job after the other, in order. */
import { parentPort } from 'node:worker_threads';
import { PatternJobs, type PatternJob } from './pattern-jobs.ts';
import type { PatternReply } from './pattern-thread.ts';

const jobs = new PatternJobs();
parentPort?.on('message', (job: PatternJob) => parentPort?.postMessage(replyTo(job)));

function replyTo(job: PatternJob): PatternReply {
  try {
    return { ok: true, answer: jobs.do(job) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used so far, in user and kernel time of all its threads. */
export type ProcessCost = { readonly cpuUs: number; readonly residentMb: number };

/**
 * `/proc/<pid>/stat` counts in steps of 10 ms, which is a tenth of what one check at a time costs in a window; the
 * scheduler's own figures for each thread are the same sum in ns. Threads that ended meanwhile are missing; none of the
 * probers ends any.
 */
export function processCost(pid: number): ProcessCost {
  const threads = readdirSync(`/proc/${pid}/task`);
  const ns = threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0);
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN;
  return { cpuUs: ns / 1000, residentMb: Number(kb) / 1024 };
}

import { readdirSync, readFileSync } from 'node:fs';

/** Pids of all processes that were started for a folder: it is named in their arguments or environment. Linux only. */
export function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((pid) => pid !== process.pid && ['cmdline', 'environ'].some((file) => readProc(pid, file).includes(folder)));
}

/** '' for one that has ended, or is another user's. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** CPU time of other processes from /proc, which Linux alone has. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Counts of the kernel's clock a second; 100 on every Linux there is. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time of one process and its threads, µs, to 10 ms; 0 when it is gone. */
export function cpuUsOf(pid: number): number {
  const stat = readStat(pid);
  return stat === null ? 0 : toUs(stat.ownTicks);
}

/** Of a Postgres: the server, its backends and helpers, and those that have ended meanwhile. */
export function cpuUsOfServer(postmasterPid: number): number {
  const server = readStat(postmasterPid);
  if (server === null) return 0;
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name)))
    .filter((stat) => stat?.parent === postmasterPid);
  return toUs(server.ownTicks + server.endedChildrenTicks + children.reduce((sum, stat) => sum + (stat?.ownTicks ?? 0), 0));
}

/** proc(5): the name may hold anything, so fields are counted from its closing parenthesis. */
function readStat(pid: number): { readonly parent: number; readonly ownTicks: number; readonly endedChildrenTicks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    const [parent = 0, utime = 0, stime = 0, cutime = 0, cstime = 0] = [fields[1], fields[11], fields[12], fields[13], fields[14]];
    return { parent, ownTicks: utime + stime, endedChildrenTicks: cutime + cstime };
  } catch {
    return null;
  }
}

function toUs(ticks: number): number {
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

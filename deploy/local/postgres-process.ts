/** What is known of a running server from outside: its pid file, whether the pid is really its, how to end it. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';

export type PidFile = { readonly pid: number; readonly port: number; readonly isReady: boolean };

/** null: there is none, or it is only half written. */
export function readPidFile(clusterData: string): PidFile | null {
  try {
    // Lines: pid, data directory, start time, port, socket directory, address, shared memory key, status.
    const lines = readFileSync(join(clusterData, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number.parseInt(lines[0] ?? '', 10);
    return Number.isSafeInteger(pid) && pid > 1 ? { pid, port: Number.parseInt(lines[3] ?? '', 10), isReady: lines[7]?.trim() === 'ready' } : null;
  } catch {
    return null;
  }
}

/** Is this process a Postgres of this cluster? A pid alone may long be somebody else's. */
export function isServerOf(pid: number, clusterData: string): boolean {
  if (process.platform === 'linux') {
    try {
      return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')) === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === clusterData;
    } catch {
      return false;
    }
  }
  const seen = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return seen.status === 0 && seen.stdout.includes('postgres') && seen.stdout.includes(clusterData);
}

/** Fast shutdown, then immediate, then the hard way: at most 15 s. True when it is gone. */
export async function stopServer(pid: number, clusterData: string): Promise<boolean> {
  const steps = [{ signal: 'SIGINT', waitMs: 8_000 }, { signal: 'SIGQUIT', waitMs: 4_000 }, { signal: 'SIGKILL', waitMs: 3_000 }] as const;
  for (const { signal, waitMs } of steps) {
    if (!isServerOf(pid, clusterData)) return true;
    signalQuietly(pid, signal);
    if (await waitUntil(() => !isServerOf(pid, clusterData), waitMs)) return true;
  }
  return false;
}

/** Backends that outlived their postmaster hold its shared memory, and no new one starts until they are gone. */
export function killOrphans(clusterData: string): number {
  if (process.platform !== 'linux') return 0;
  const orphans = readdirSync('/proc').map(Number).filter((pid) => pid > 1 && isServerOf(pid, clusterData));
  for (const pid of orphans) signalQuietly(pid, 'SIGKILL');
  return orphans.length;
}

/** Looks every 20 ms, as `pg_ctl` does; false when the time is over. */
export async function waitUntil(isSo: () => boolean, atMostMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= atMostMs; waitedMs += 20) {
    if (isSo()) return true;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return false;
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between looking and signalling.
  }
}

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Fleet } from '../../e2e/testing/fleet.ts';
import type { NodeProcess } from '../../e2e/testing/node-process.ts';
import { cpuUsOf, cpuUsOfServer } from '../cpu-time.ts';
import type { Hosts } from './hosts.ts';
import type { Prepared } from './prepare.ts';
import type { FleetSettings } from './settings.ts';

/** What the phases work with. */
export type Stage = {
  readonly settings: FleetSettings;
  readonly fleet: Fleet;
  readonly hosts: Hosts;
  readonly prepared: Prepared;
  /** The one there is: it is replaced by the last phase. */
  coordinator: NodeProcess;
  readonly startCoordinator: () => Promise<NodeProcess>;
  readonly say: (line: string) => void;
};

/** µs of CPU that coordinator and Postgres take from now on. */
export function cpuSince({ coordinator: { pid }, fleet: { postgres } }: Stage): () => { readonly coordinatorUs: number; readonly postgresUs: number } {
  const before = [cpuUsOf(pid), cpuUsOfServer(postgres.pid)] as const;
  return () => ({ coordinatorUs: cpuUsOf(pid) - before[0], postgresUs: cpuUsOfServer(postgres.pid) - before[1] });
}

export function residentMb({ pid }: NodeProcess): number {
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024);
}

/** Looks again and again until it is so; throws when the signal aborts first. */
export async function until(isSo: () => Promise<boolean>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!await isSo()) await wait(everyMs, undefined, { signal });
}

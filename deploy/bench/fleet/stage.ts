import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { CoordinatorAddress } from '#agent/session/fleet-connection.ts';
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
  /** The first is replaced by the last phase. */
  readonly coordinators: NodeProcess[];
  /** Where agents find each. */
  readonly addresses: readonly CoordinatorAddress[];
  readonly startCoordinator: (index: number) => Promise<NodeProcess>;
  readonly say: (line: string) => void;
};

/** µs of CPU that coordinators and Postgres take from now on. */
export function cpuSince({ coordinators, fleet: { postgres } }: Stage): () => { readonly coordinatorUs: number; readonly postgresUs: number } {
  const ofCoordinators = (): number => coordinators.reduce((sum, { pid }) => sum + cpuUsOf(pid), 0);
  const before = [ofCoordinators(), cpuUsOfServer(postgres.pid)] as const;
  return () => ({ coordinatorUs: ofCoordinators() - before[0], postgresUs: cpuUsOfServer(postgres.pid) - before[1] });
}

export function residentMb(processes: readonly NodeProcess[]): number {
  return processes.reduce((sum, { pid }) => sum + Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024), 0);
}

/** Looks again and again until it is so; throws when the signal aborts first. */
export async function until(isSo: () => Promise<boolean>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!await isSo()) await wait(everyMs, undefined, { signal });
}

/** Resident memory of the processes under test, sampled each second (reliability.md I8). */
import { readFileSync } from 'node:fs';
import type { NodeProcess } from '../e2e/testing/node-process.ts';

export type MemoryUse = { readonly name: string; readonly maxMb: number };

const EVERY_MS = 1_000;

export class MemoryWatch {
  readonly #max = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(processes: () => readonly (NodeProcess | null)[]) {
    this.#timer = setInterval(() => {
      for (const each of processes()) {
        if (!each?.isRunning) continue;
        const mb = residentMb(each.pid);
        if (mb !== null) this.#max.set(each.name, Math.max(mb, this.#max.get(each.name) ?? 0));
      }
    }, EVERY_MS);
  }

  uses(): readonly MemoryUse[] {
    return [...this.#max].map(([name, maxMb]) => ({ name, maxMb })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function residentMb(pid: number): number | null {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kb === undefined ? null : Math.round(Number(kb) / 1024);
  } catch {
    return null;
  }
}

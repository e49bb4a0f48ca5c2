/** Memory, descriptors and spools of the processes under test, sampled each second and held to bounds (reliability.md I8). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeProcess } from '../e2e/testing/node-process.ts';

export type Watched = { readonly process: NodeProcess | null; readonly kind: 'agent' | 'coordinator'; readonly dataDir?: string };
export type ProcessUse = { readonly name: string; readonly maxMb: number; readonly maxDescriptors: number; readonly maxSpoolMb: number };

const EVERY_MS = 1_000;
/** Some three times what either takes in a lab of 40 checks; the spool's own cap is 256 MB and a log of 8 MB. */
const BOUNDS = { agent: { mb: 500, descriptors: 400, spoolMb: 270 }, coordinator: { mb: 800, descriptors: 600, spoolMb: 0 } } as const;

export class UseWatch {
  readonly #uses = new Map<string, ProcessUse>();
  readonly #kinds = new Map<string, Watched['kind']>();
  readonly #timer: NodeJS.Timeout;

  constructor(watched: () => readonly Watched[]) {
    this.#timer = setInterval(() => { for (const each of watched()) this.#look(each); }, EVERY_MS);
  }

  #look({ process, kind, dataDir }: Watched): void {
    if (!process?.isRunning) return;
    const now = { maxMb: residentMb(process.pid), maxDescriptors: descriptors(process.pid), maxSpoolMb: dataDir === undefined ? 0 : spoolMb(dataDir) };
    const before = this.#uses.get(process.name);
    this.#kinds.set(process.name, kind);
    this.#uses.set(process.name, {
      name: process.name, maxMb: Math.max(now.maxMb, before?.maxMb ?? 0), maxDescriptors: Math.max(now.maxDescriptors, before?.maxDescriptors ?? 0),
      maxSpoolMb: Math.max(now.maxSpoolMb, before?.maxSpoolMb ?? 0),
    });
  }

  uses(): readonly ProcessUse[] {
    return [...this.#uses.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  outOfBounds(): readonly string[] {
    return this.uses().flatMap(({ name, maxMb, maxDescriptors, maxSpoolMb }) => {
      const bounds = BOUNDS[this.#kinds.get(name)!];
      return [
        ...(maxMb > bounds.mb ? [`${name}: ${maxMb} MB resident`] : []), ...(maxDescriptors > bounds.descriptors ? [`${name}: ${maxDescriptors} descriptors`] : []),
        ...(maxSpoolMb > bounds.spoolMb ? [`${name}: a spool of ${maxSpoolMb} MB`] : []),
      ];
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** 0 for one that is just ending. */
function residentMb(pid: number): number {
  return orZero(() => Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024));
}

function descriptors(pid: number): number {
  return orZero(() => readdirSync(`/proc/${pid}/fd`).length);
}

function spoolMb(dataDir: string): number {
  return Math.ceil(['spool.db', 'spool.db-wal'].reduce((sum, name) => sum + orZero(() => statSync(join(dataDir, name)).size), 0) / 2 ** 20);
}

function orZero(read: () => number): number {
  try {
    return read();
  } catch {
    return 0;
  }
}

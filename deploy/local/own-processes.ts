import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '#shared/time/clock.ts';

const FILE = 'processes.json';
/** An agent finishes its runs and delivers what it saw; longer than that it does not take. */
const WAIT_MS_MAX = 20_000;
const LOOK_EVERY_MS = 100;

/** Which processes a data directory is used by, so that a start after a kill −9 waits for those that are still ending. */
export class OwnProcesses {
  readonly #path: string;
  #pids: readonly number[] = [];

  constructor(dataDir: string) {
    this.#path = join(dataDir, FILE);
  }

  add(pid: number): void {
    this.#pids = [...this.#pids.filter(isOurs), pid];
    writeFileSync(this.#path, `${JSON.stringify(this.#pids)}\n`, { mode: 0o600 });
  }

  /** All have ended. */
  forget(): void {
    rmSync(this.#path, { force: true });
  }

  /** Those of an earlier start that still run. */
  left(): readonly number[] {
    try {
      const pids: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return Array.isArray(pids) ? pids.filter((pid) => typeof pid === 'number' && pid > 0).filter(isOurs) : [];
    } catch {
      return [];
    }
  }

  /** Resolves when they have ended, which they do by themselves; or after a while, to go on as if they had. */
  async untilLeftAreGone(clock: Clock, stop: AbortSignal): Promise<void> {
    const untilUs = clock.monotonicUs() + WAIT_MS_MAX * 1000;
    while (this.left().length > 0 && clock.monotonicUs() < untilUs && !stop.aborted) await sleep(clock, LOOK_EVERY_MS, stop);
  }
}

/** Runs, and is not somebody else's who got the number since, as far as this system tells. */
function isOurs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.ts');
  } catch {
    return process.platform !== 'linux';
  }
}

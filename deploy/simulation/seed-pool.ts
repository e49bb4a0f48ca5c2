import { fork, type ChildProcess } from 'node:child_process';
import { runHistory, type HistoryOptions, type HistoryReport } from './histories/run-history.ts';
import { runSeed, type SeedOptions, type SeedReport } from './run-seed.ts';

/** What of a seed can be asked for across processes; without hours it is a history. */
export type SeedTask = Pick<SeedOptions, 'seed' | 'hours' | 'plants' | 'faults' | 'stopsAtViolation'>;
export type HistoryTask = Pick<HistoryOptions, 'seed' | 'plants' | 'stopsAtViolation'> & { readonly hours?: undefined };

type Answer = { readonly report: SeedReport | HistoryReport } | { readonly error: string };

export function runTask(task: SeedTask | HistoryTask): Promise<SeedReport | HistoryReport> {
  return task.hours === undefined ? runHistory(task) : runSeed(task);
}

/** Runs seeds, so many at once: with one worker here, with more in a process each. Which one ran a seed changes nothing of it. */
export class SeedPool {
  readonly workers: number;
  readonly #free: ChildProcess[] = [];
  readonly #all: ChildProcess[] = [];

  constructor(workers: number) {
    this.workers = workers;
    for (let index = 0; workers > 1 && index < workers; index += 1) {
      const child = fork(new URL('./seed-worker.ts', import.meta.url), { serialization: 'advanced' });
      this.#free.push(child);
      this.#all.push(child);
    }
  }

  /** At most `workers` at once. Rejects when the simulation itself breaks, or its process ends. */
  run(task: SeedTask): Promise<SeedReport>;
  run(task: HistoryTask): Promise<HistoryReport>;
  run(task: SeedTask | HistoryTask): Promise<SeedReport | HistoryReport> {
    if (this.workers === 1) return runTask(task);
    const child = this.#free.pop();
    if (!child) throw new Error(`more than ${this.workers} seeds at once`);
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`seed ${task.seed}: its process ended (${code})`));
      child.once('exit', ended);
      child.once('message', (answer: Answer) => {
        child.off('exit', ended);
        this.#free.push(child);
        if ('report' in answer) resolve(answer.report);
        else reject(new Error(answer.error));
      });
      child.send(task);
    });
  }

  /** Calls `work` for each, `workers` of them at once, in their order. */
  async each<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
    const iterator = items[Symbol.iterator]();
    await Promise.all(Array.from({ length: this.workers }, async () => {
      for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
    }));
  }

  close(): void {
    for (const child of this.#all) child.disconnect();
  }
}

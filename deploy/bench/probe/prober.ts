import type { Sample, Window } from './window.ts';

/** In the order of the tables. */
export const PROBER_NAMES = ['sonde', 'sondeKernel', 'sondeWhole', 'blackbox', 'node', 'c'] as const;
export type ProberName = (typeof PROBER_NAMES)[number];

/** A process that makes checks for one window at a time. */
export type Prober = {
  readonly name: ProberName;
  /** Whose CPU and memory are counted. */
  readonly pid: number;
  /** Resolves when nothing is under way any more. `gaps`: due, and given up by the prober's own choice. */
  run(window: Window): Promise<{ readonly samples: readonly Sample[]; readonly gaps: number }>;
  end(): Promise<void>;
};

/** A window's own time, and what may come after it. */
export function windowPatienceMs(window: Window): number {
  return window.totalMs + 10_000;
}

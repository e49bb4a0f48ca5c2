import { Worker } from 'node:worker_threads';
import type { Prober } from './prober.ts';
import { processCost } from './process-cost.ts';
import type { Scenario } from './scenarios.ts';
import type { Target } from './target-process.ts';
import { errorsAgainst, type TimeErrors } from './truth.ts';
import { monotonicUs } from './window.ts';

/** One prober in one scenario in one round. */
export type Measured = {
  readonly checksPerSecond: number;
  readonly cpuUsPerCheck: number;
  readonly residentMb: number;
  /** Share of one core. */
  readonly targetCores: number;
  readonly failed: number;
  /** Due and given up by the prober's own choice. */
  readonly gaps: number;
  readonly errors: TimeErrors;
};

/** Cost and rate are those of the middle of the window: after warming up, and before it comes to its end. */
export async function measure(prober: Prober, target: Target, scenario: Scenario): Promise<Measured> {
  const busy = scenario.isBusy ? new Worker('for (;;);', { eval: true }) : null;
  try {
    return await measureAlone(prober, target, scenario);
  } finally {
    await busy?.terminate();
  }
}

async function measureAlone(prober: Prober, target: Target, { window, warmMs, measureMs }: Scenario): Promise<Measured> {
  await target.exchanges();
  const running = prober.run(window);
  running.catch(() => {});
  await pause(warmMs);
  const [fromUs, before, targetBefore] = [monotonicUs(), processCost(prober.pid), processCost(target.pid)];
  await pause(measureMs);
  const [untilUs, after, targetAfter] = [monotonicUs(), processCost(prober.pid), processCost(target.pid)];
  const { samples, gaps } = await running;
  const counted = samples.filter(({ endedUs }) => endedUs >= fromUs && endedUs < untilUs);
  const answered = counted.filter(({ isOk }) => isOk).length;
  return {
    checksPerSecond: answered / ((untilUs - fromUs) / 1e6),
    cpuUsPerCheck: (after.cpuUs - before.cpuUs) / Math.max(1, counted.length),
    residentMb: after.residentMb,
    targetCores: (targetAfter.cpuUs - targetBefore.cpuUs) / (untilUs - fromUs),
    failed: samples.filter(({ isOk }) => !isOk).length, gaps,
    errors: errorsAgainst(await target.exchanges(), samples),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { SpoolTrouble } from './spool.ts';

/**
 * Logs what a spool has trouble with: the first of a kind at once, then at most one in a minute with how many came
 * before it, for a disk that fails does so twice a second. That it is over is told if its beginning was.
 */
export function troubleTeller(clock: Pick<Clock, 'monotonicUs'>, log: Pick<Log, 'info' | 'warn'>): (trouble: SpoolTrouble) => void {
  const told = new Map<SpoolTrouble['kind'], { atUs: number; untold: number }>();
  return (trouble) => {
    if (trouble.kind === 'recovered') {
      told.delete('commit_failed');
      told.delete('read_failed');
      return log.info('the spool can be written again');
    }
    const nowUs = clock.monotonicUs();
    const before = told.get(trouble.kind);
    if (before && nowUs - before.atUs < EVERY_US) { before.untold += 1; return; }
    told.set(trouble.kind, { atUs: nowUs, untold: 0 });
    log.warn({ ...trouble, ...(before && before.untold > 0 ? { untold: before.untold } : {}) }, 'trouble with the spool');
  };
}

const EVERY_US = 60_000_000;

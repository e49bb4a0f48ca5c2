import type { Log } from '#shared/log.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';

export type KeepDoing = {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** A sentence for the log, when it did not work. */
  readonly trouble: string;
  /** Left out: the first wait comes first. */
  readonly isAtOnce?: boolean;
};

/** A stage's loop: does it again and again, also after trouble. Resolves when it has ended, after the signal aborted. */
export async function keepDoing({ clock, log, everyMs, signal, trouble, isAtOnce = false }: KeepDoing, work: () => Promise<unknown>): Promise<void> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    if (!isFirst || !isAtOnce) await sleep(clock, everyMs, signal);
    if (!signal.aborted) await work().catch((error: unknown) => log.warn({ err: error }, trouble));
  }
}

import { sleep, type Clock } from '#shared/time/clock.ts';
import { WakeableSleep } from '#shared/time/wakeable-sleep.ts';

export type PulseOptions = {
  /** The poll: what a lost hint costs. */
  readonly everyMs: number;
  /** However many hints come, two looks are this far apart. */
  readonly gapMs: number;
  /** And so many times as long as the last look took, until the poll is due: looks that grow with the fleet leave time for it. Left out: 0. */
  readonly restPerLook?: number;
  /** Calls back when it may be worth a look; returns how to unsubscribe. */
  readonly onHint: (callback: () => void) => () => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: unknown) => void;
};

/** Looks again and again until the signal aborts: after a hint, or when the poll is due; one look at a time. Never rejects. */
export async function pulse(look: () => Promise<void>, { everyMs, gapMs, restPerLook = 0, onHint, clock, signal, onTrouble }: PulseOptions): Promise<void> {
  let isHinted = false;
  let restMs = gapMs;
  const waiting = new WakeableSleep();
  const unsubscribe = onHint(() => { isHinted = true; waiting.wake(); });
  while (!signal.aborted) {
    await sleep(clock, restMs, signal);
    if (!isHinted) await waiting.sleep(clock, everyMs - restMs, signal);
    if (signal.aborted) break;
    // What is hinted at from here on may come too late for this look.
    isHinted = false;
    const beganUs = clock.monotonicUs();
    await look().catch(onTrouble);
    restMs = Math.min(everyMs, Math.max(gapMs, (restPerLook * (clock.monotonicUs() - beganUs)) / 1000));
  }
  unsubscribe();
}

/** How long to wait before the thread is started again; `deaths` counts those without a good minute in between, from 1. */
export function restartDelayMs(deaths: number): number {
  return Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** (deaths - 1));
}

/** A thread that has lived as long as this died of something new. */
export const GOOD_LIFE_MS = 60_000;

/** A first death costs hardly a slot; one that comes again and again must not fill the machine with starting threads. */
const DELAY_MIN_MS = 100;
const DELAY_MAX_MS = 30_000;

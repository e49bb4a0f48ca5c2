const FIRST_MS = 500;
const MAX_MS = 30_000;
/** A process that ran this long has proved itself: its next end counts as the first. */
export const STABLE_AFTER_MS = 60_000;

/** How long to wait before a process is started again that ended `endings` times in a row (1 for the first). */
export function restartDelayMs(endings: number): number {
  return Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(endings - 1, 10));
}

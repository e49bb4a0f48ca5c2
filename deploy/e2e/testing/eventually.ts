/** Waiting for what other processes do, with an end. */

const LOOK_EVERY_MS = 50;
const WITHIN_MS = 15_000;

/** The first answer that is not null, false or undefined. Throws what was waited for, and the last trouble, when time is up. */
export async function eventually<T>(
  what: string, look: () => Promise<T | null | false | undefined>, { withinMs = WITHIN_MS, everyMs = LOOK_EVERY_MS } = {},
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false && found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
    await pause(everyMs);
  }
}

/** Lets the processes under test go on for a while; what follows must not depend on how long. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

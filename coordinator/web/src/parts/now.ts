import { useSyncExternalStore } from 'react';

const TICK_MS = 10_000;

let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
const watching = new Set<() => void>();

function watch(tell: () => void): () => void {
  watching.add(tell);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const one of watching) one();
  }, TICK_MS);
  return () => {
    watching.delete(tell);
    if (watching.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** The time, again every ten seconds, by one timer for all that show it; ms. */
export function useNow(): number {
  useSyncExternalStore(watch, () => nowMs);
  return Date.now();
}

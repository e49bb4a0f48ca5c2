/** A second Ctrl-C within this time is the first one again: npm and the entry pass on what the terminal sends to all. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Turns signals into `stop`, and a repeated one into `force`. A process that somebody supervises over a channel
 * also stops when that channel closes, and leaves Ctrl-C to the supervisor.
 */
export function stopSignals(proc: NodeJS.Process, options: { isSupervised: boolean }): { stop: AbortSignal; force: AbortSignal } {
  const stop = new AbortController();
  const force = new AbortController();
  let firstAtMs: number | null = null;
  const ask = (): void => {
    const nowMs = performance.now();
    firstAtMs ??= nowMs;
    if (stop.signal.aborted && nowMs - firstAtMs > SAME_SIGNAL_MS) force.abort();
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGHUP'] as const) proc.on(signal, options.isSupervised ? () => {} : ask);
  proc.on('SIGTERM', ask);
  if (proc.channel) {
    proc.on('disconnect', ask);
    // Listening alone would keep every command alive for as long as its parent.
    proc.channel.unref();
  }
  return { stop: stop.signal, force: force.signal };
}

/** Resolves when the signal aborts. Keeps the process alive until then. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 2 ** 30);
    signal.addEventListener('abort', () => { clearInterval(alive); resolve(); }, { once: true });
  });
}

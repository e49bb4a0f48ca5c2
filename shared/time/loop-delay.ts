import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop is; `p99Us` covers the time since it was last read. */
export function watchLoopDelay(): { p99Us(): number; stop(): void } {
  const resolutionMs = 10;
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return {
    p99Us() {
      const us = histogram.count === 0 ? 0 : Math.max(0, Math.round(histogram.percentile(99) / 1000) - resolutionMs * 1000);
      histogram.reset();
      return us;
    },
    stop: () => void histogram.disable(),
  };
}

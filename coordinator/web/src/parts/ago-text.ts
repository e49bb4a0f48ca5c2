const UNITS = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's']] as const;

/** How long before `nowMs` (or after), in its largest unit: `just now`, `12 s ago`, `in 3 min`. */
export function agoText(atMs: number, nowMs: number): string {
  const agoMs = nowMs - atMs;
  const unit = UNITS.find(([ms]) => Math.abs(agoMs) >= ms);
  if (unit === undefined || Math.abs(agoMs) < 2_000) return 'just now';
  const text = `${Math.floor(Math.abs(agoMs) / unit[0])} ${unit[1]}`;
  return agoMs > 0 ? `${text} ago` : `in ${text}`;
}

/** A time of a probe, from µs, with three figures at most: `850 µs`, `12.3 ms`, `1.24 s`. */
export function durationText(us: number): string {
  if (us < 1_000) return `${Math.round(us)} µs`;
  const ms = us / 1_000;
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** A share of 1 as people read availability: never rounded up to 100 %. */
export function percentText(share: number): string {
  if (share >= 1) return '100 %';
  return `${(Math.floor(share * 10_000) / 100).toFixed(share >= 0.9 ? 2 : 1)} %`;
}

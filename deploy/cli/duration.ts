const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `5m`, `1h30m`, `250ms`, `1.5s` in ms; null when it is none of that. A number alone has no unit and is null. */
export function parseDurationMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/gy)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.trim()) return null;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN), 0);
}

/** As above; a number alone is ms. */
export function parseMs(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : parseDurationMs(text);
}

/** The shortest way to write a duration of whole seconds or ms: `90s`, `5m`, `24h`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms % 3_600_000 === 0 && ms > 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

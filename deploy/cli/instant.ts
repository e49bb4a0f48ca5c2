import { CliProblem } from './cli-problem.ts';
import { parseDurationMs } from './duration.ts';
import { EXIT } from './exit-codes.ts';

/** `2026-11-22T10:00:00Z`, `2026-11-22`, seconds since the epoch, or so long ago: `36h`, `7d`. */
export function instantOf(flag: string, text: string, nowMs: number): number {
  const agoMs = parseDurationMs(text);
  if (agoMs !== null) return Math.floor(nowMs - agoMs);
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return Math.floor(ms);
  throw new CliProblem(EXIT.usage, `${flag} is '${text}' but must be an instant like 2026-11-22T10:00:00Z, or how long ago, like 36h or 7d`);
}

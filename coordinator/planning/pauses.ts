import type { Turns } from '#shared/schedule/turns.ts';
import { isInMaintenance, nextMaintenanceChange, type MaintenanceWindow } from '../alerting/maintenance.ts';

/** A maintenance window as it was from an instant on: like an epoch it is never changed, only followed by another. */
export type WindowVersion = {
  readonly windowId: number;
  readonly fromAtMs: number;
  /** null: until further notice. */
  readonly untilMs: number | null;
  readonly window: MaintenanceWindow;
};

type Span = { readonly fromMs: number; readonly toMs: number };

/** Is the slot due at this instant one that is not run, for a check with these tags? The same answer whenever it is asked. */
export function isPausedAt(versions: readonly WindowVersion[], tags: readonly string[], dueAtMs: number): boolean {
  return versions.some(({ fromAtMs, untilMs, window }) =>
    fromAtMs <= dueAtMs && dueAtMs < (untilMs ?? Infinity) && isInMaintenance([window], tags, dueAtMs).isPaused);
}

/** A window of minutes every day, for a year of asking; what lies beyond is found when it is asked again. */
const CHANGES_MAX = 1_000;

/** The spans within `[fromMs, toMs)` in which slots are not run, in order, apart from each other. */
export function pausedSpans(versions: readonly WindowVersion[], tags: readonly string[], fromMs: number, toMs: number): readonly Span[] {
  const pausing = versions.filter(({ window, fromAtMs, untilMs }) => window.pausing.kind !== 'none' && fromAtMs < toMs && (untilMs ?? Infinity) > fromMs);
  const spans: Span[] = [];
  let atMs = fromMs;
  for (let n = 0; atMs < toMs && n < CHANGES_MAX; n += 1) {
    const nextMs = Math.min(toMs, nextChange(pausing, tags, atMs));
    if (isPausedAt(pausing, tags, atMs)) {
      const last = spans.at(-1);
      if (last?.toMs === atMs) spans[spans.length - 1] = { fromMs: last.fromMs, toMs: nextMs };
      else spans.push({ fromMs: atMs, toMs: nextMs });
    }
    atMs = nextMs;
  }
  return spans;
}

function nextChange(versions: readonly WindowVersion[], tags: readonly string[], atMs: number): number {
  return versions.reduce((soonest, { fromAtMs, untilMs, window }) => {
    const own = [fromAtMs, untilMs ?? Infinity, nextMaintenanceChange([window], tags, atMs) ?? Infinity];
    return Math.min(soonest, ...own.filter((instant) => instant > atMs));
  }, Infinity);
}

/** The turns without what lies in these spans, which are in order and apart. */
export function outsideOf(turns: readonly Turns[], spans: readonly Span[]): readonly Turns[] {
  return spans.reduce<readonly Turns[]>((left, { fromMs, toMs }) => left.flatMap((turn) => {
    const untilMs = turn.untilMs ?? Infinity;
    if (toMs <= turn.fromAtMs || fromMs >= untilMs) return [turn];
    return [
      ...(turn.fromAtMs < fromMs ? [{ ...turn, untilMs: fromMs }] : []),
      ...(toMs < untilMs ? [{ ...turn, fromAtMs: toMs }] : []),
    ];
  }), turns);
}

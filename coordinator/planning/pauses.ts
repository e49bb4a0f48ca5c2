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

/** A pause that ended before this was followed by a slot long since. */
const ENDS_BACK_MS = 7 * 86_400_000;

/** When the pauses that were over by `throughMs` ended, of those that ended after `afterMs`; in order. */
export function pauseEnds(versions: readonly WindowVersion[], tags: readonly string[], afterMs: number, throughMs: number): readonly number[] {
  return pausedSpans(versions, tags, Math.max(afterMs, throughMs - ENDS_BACK_MS), throughMs).map(({ toMs }) => toMs).filter((toMs) => !isPausedAt(versions, tags, toMs));
}

/** When the pause that lies over `atMs` ends; null: none does, or it is not in sight. */
export function pauseEndAfter(versions: readonly WindowVersion[], tags: readonly string[], atMs: number): number | null {
  let endMs = atMs;
  for (let n = 0; n < CHANGES_MAX && isPausedAt(versions, tags, endMs); n += 1) {
    endMs = nextChange(versions, tags, endMs);
    if (endMs === Infinity) return null;
  }
  return endMs === atMs || isPausedAt(versions, tags, endMs) ? null : endMs;
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

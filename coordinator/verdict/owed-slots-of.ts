import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { cadenceOf, firstSlotAtOrAfter } from '#shared/schedule/cadence.ts';
import type { ScheduleEpoch, Strategy } from '#shared/schedule/epoch.ts';
import { ownersOf } from '#shared/schedule/turns.ts';
import { pauseEndAfter, isPausedAt, type WindowVersion } from '../planning/pauses.ts';

export type OwedSlot = { readonly dueAtMs: number; readonly strategy: Strategy; readonly owners: readonly string[] };

/** The slots of a check due after `afterMs` and until `throughMs`, in order, with who owes them (rules.md 2, 3). */
export function* owedSlotsOf(
  check: { readonly checkId: string; readonly epochs: readonly ScheduleEpoch[] }, availability: AvailabilityIndex, afterMs: number, throughMs: number,
): Generator<OwedSlot, void> {
  for (const [index, epoch] of check.epochs.entries()) {
    const untilMs = check.epochs[index + 1]?.fromAtMs ?? Infinity;
    if (!epoch.active || untilMs <= afterMs || epoch.fromAtMs > throughMs) continue;
    const first = firstSlotAtOrAfter(cadenceOf(check.checkId, epoch.intervalMs), Math.max(epoch.fromAtMs, Math.floor(afterMs) + 1));
    for (let dueAtMs = first; dueAtMs < untilMs && dueAtMs <= throughMs; dueAtMs += epoch.intervalMs) {
      const owners = epoch.strategy === 'parallel' ? epoch.order : ownersOf([epoch], availability, check.checkId, dueAtMs);
      yield { dueAtMs, strategy: epoch.strategy, owners };
    }
  }
}

/** When the next slot is due after `afterMs`; null when none is planned. */
export function nextSlotOf(check: { readonly checkId: string; readonly epochs: readonly ScheduleEpoch[] }, afterMs: number): number | null {
  for (const [index, epoch] of check.epochs.entries()) {
    const untilMs = check.epochs[index + 1]?.fromAtMs ?? Infinity;
    if (!epoch.active || untilMs <= afterMs) continue;
    const next = firstSlotAtOrAfter(cadenceOf(check.checkId, epoch.intervalMs), Math.max(epoch.fromAtMs, Math.floor(afterMs) + 1));
    if (next < untilMs) return next;
  }
  return null;
}

/** So many pauses after one another are looked past. */
const PAUSES_MAX = 100;

/** The next slot due after `afterMs` that is run, and not paused; null when none is planned, or in sight. */
export function nextSlotRun(
  check: Parameters<typeof nextSlotOf>[0] & { readonly check: { readonly tags: readonly string[] }; readonly windows?: readonly WindowVersion[] }, afterMs: number,
): number | null {
  const { windows = [], check: { tags } } = check;
  let dueAtMs = nextSlotOf(check, afterMs);
  for (let n = 0; n < PAUSES_MAX && dueAtMs !== null && windows.length > 0 && isPausedAt(windows, tags, dueAtMs); n += 1) {
    const endMs = pauseEndAfter(windows, tags, dueAtMs);
    dueAtMs = endMs === null ? null : nextSlotOf(check, endMs - 1);
  }
  return dueAtMs;
}

/** When the check was activated again after it had not been, ms since the epoch, in order. */
export function startsOf(epochs: readonly ScheduleEpoch[]): readonly number[] {
  return epochs.flatMap(({ active, fromAtMs }, index) => (active && index > 0 && !epochs[index - 1]!.active ? [fromAtMs] : []));
}

import type { Check } from '#shared/check/check.ts';
import { runIdOf } from '#shared/check/run-id.ts';
import type { Gap, GapReason } from '#shared/run/gap.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { isPausedAt } from '../planning/pauses.ts';
import { owedBetween, owedSpans } from '../planning/owed-slots.ts';
import type { OwedRun, WhyUnsettled } from './closing-port.ts';
import type { PlannedCheck } from './ports.ts';

export type RunToClose = OwedRun & { readonly isAvailable: boolean; readonly isPaused: boolean };

/** Every owed run of a check with `dueAt` in `[fromMs, toMs)`, and whether its location was available then. */
export function runsToClose(
  { accountId, checkId, epochs, check, windows = [] }: Pick<PlannedCheck, 'accountId' | 'checkId' | 'epochs' | 'windows'> & { readonly check: Pick<Check, 'tags'> }, availability: AvailabilityIndex,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly RunToClose[] {
  return [...owedSpans({ checkId, epochs, availability, fromMs, toMs })].flatMap(([locationId, spans]) =>
    owedBetween(spans, fromMs, toMs).map((dueAtMs): RunToClose => ({
      accountId, checkId, locationId, dueAtMs,
      runId: runIdOf({ accountId, checkId, locationId, dueAtMs }),
      isAvailable: availability.isAvailable(locationId, dueAtMs),
      isPaused: isPausedAt(windows, check.tags, dueAtMs),
    })));
}

/** The gap of a run of which nothing was heard. */
export function gapOf({ runId, checkId, locationId, dueAtMs, ...known }: RunToClose & WhyUnsettled): Gap {
  return { runId, checkId, locationOwed: locationId, dueAtMs, reason: reasonOf(known) };
}

function reasonOf({ isPaused, isAvailable, wasRestored, wasRejected, wasStopped }: Pick<RunToClose, 'isPaused' | 'isAvailable'> & WhyUnsettled): GapReason {
  if (isPaused) return 'maintenance';
  if (wasRestored) return 'restored';
  if (!isAvailable) return 'no_agent';
  if (wasRejected) return 'config_rejected';
  return wasStopped ? 'agent_down' : 'agent_lost';
}

import { runIdOf } from '#shared/check/run-id.ts';
import type { Gap, GapReason } from '#shared/run/gap.ts';

/** A due slot that was not run, before it has a run id. */
export type MissedSlot = {
  readonly checkId: string;
  readonly accountId: string;
  readonly dueAtMs: number;
  readonly reason: GapReason;
};

/** The gap to report for it from this location. */
export function gapOf(missed: MissedSlot, locationId: string): Gap {
  const { accountId, checkId, dueAtMs, reason } = missed;
  return { runId: runIdOf({ accountId, checkId, locationId, dueAtMs }), checkId, locationOwed: locationId, dueAtMs, reason };
}

import { runIdOf } from '#shared/check/run-id.ts';
import { owednessOf } from '../planning/owedness.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { ShotStore } from './ports.ts';

type Question = { readonly runId: string; readonly checkId: string; readonly locationOwed: string; readonly dueAtMs: number; readonly isScheduled: boolean };
type Admission = { readonly kind: 'take'; readonly accountId: string; readonly isSurplus: boolean } | { readonly kind: 'refuse'; readonly code: string };

/** A result is from now or before; this much clock error is forgiven. */
const FUTURE_MAX_MS = 10 * 60_000;

/**
 * Takes a row only if an epoch or a shot ever owed that run to the authenticated location (rules.md 9). The account
 * comes from what the coordinator knows of the check, never from the message; run ids are derived anew.
 */
export async function admitResults(
  locationId: string, rows: readonly Question[], { planner, shots, nowMs }: { planner: AssignmentPlanner; shots: ShotStore; nowMs: number },
): Promise<readonly Admission[]> {
  const known = await knownShots(rows, shots);
  return rows.map((row): Admission => {
    const check = planner.check(row.checkId);
    if (!check) return { kind: 'refuse', code: 'unknown_check' };
    if (row.locationOwed !== locationId) return { kind: 'refuse', code: 'not_owed' };
    if (!row.isScheduled) {
      const shot = known.get(row.runId);
      const isThis = shot && shot.checkId === row.checkId && shot.locationId === locationId && shot.orderedAtMs === row.dueAtMs;
      return isThis ? { kind: 'take', accountId: shot.accountId, isSurplus: false } : { kind: 'refuse', code: 'not_ordered' };
    }
    if (row.dueAtMs > nowMs + FUTURE_MAX_MS) return { kind: 'refuse', code: 'not_due_yet' };
    if (row.runId !== runIdOf({ accountId: check.accountId, checkId: row.checkId, locationId, dueAtMs: row.dueAtMs })) {
      return { kind: 'refuse', code: 'wrong_run_id' };
    }
    const owedness = owednessOf({
      checkId: row.checkId, locationId, dueAtMs: row.dueAtMs, epochs: check.epochs, availability: planner.availability,
    });
    return owedness === 'not_owed' ? { kind: 'refuse', code: 'not_owed' } : { kind: 'take', accountId: check.accountId, isSurplus: owedness === 'surplus' };
  });
}

async function knownShots(rows: readonly Question[], shots: ShotStore) {
  const ids = rows.filter(({ isScheduled }) => !isScheduled).map(({ runId }) => runId);
  const found = ids.length === 0 ? [] : await shots.findShots(ids);
  return new Map(found.map((shot) => [shot.runId, shot]));
}

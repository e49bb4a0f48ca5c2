import { GAP_AHEAD_MAX_MS, RESULT_AHEAD_MAX_MS } from '#shared/run/not-due-yet.ts';
import { isPausedAt } from '../planning/pauses.ts';
import { owednessOf } from '../planning/owedness.ts';
import { KnownRunIds } from './known-run-ids.ts';
import type { AssignmentPlanner } from './plan-assignments.ts';
import type { RetryRun, ShotStore } from './ports.ts';

type Question = { readonly runId: string; readonly checkId: string; readonly locationOwed: string; readonly dueAtMs: number; readonly isScheduled: boolean; readonly isGap: boolean };
/** `as`: a retry in another location, which is an attempt of that run. */
type Admission = { readonly kind: 'take'; readonly accountId: string; readonly isSurplus: boolean; readonly as?: RetryRun } | { readonly kind: 'refuse'; readonly code: string };

type KnownPlan = Pick<AssignmentPlanner, 'check' | 'availability' | 'revision' | 'knownUntilMs' | 'refresh'>;

const DAY_MS = 86_400_000;
const PAST_RETENTION: Admission = { kind: 'refuse', code: 'past_retention' };

export type AdmissionWorld = {
  readonly planner: KnownPlan;
  readonly shots: Pick<ShotStore, 'findShots'>;
  readonly nowMs: number;
  /** Days that results are kept, today not counted; older ones are refused (rules.md 8). Left out: none are. */
  readonly rawDays?: number;
  /** Kept from call to call, so that they are begun once; left out: begun anew. */
  readonly runIds?: KnownRunIds;
};

/**
 * Takes a row only if an epoch or a shot ever owed that run to the authenticated location (rules.md 9). The account
 * comes from what the coordinator knows of the check, never from the message; run ids are derived anew.
 *
 * Another coordinator may know a newer config: what is answered here is answered by all there was before the slot,
 * and nothing is refused or called surplus for want of it.
 */
export async function admitResults(
  locationId: string, rows: readonly Question[], { planner, shots, nowMs, rawDays, runIds = new KnownRunIds() }: AdmissionWorld,
): Promise<readonly Admission[]> {
  const known = await knownShots(rows, shots);
  const isKnown = rows.every(({ isScheduled, dueAtMs }) => !isScheduled || dueAtMs < planner.knownUntilMs || dueAtMs > nowMs + RESULT_AHEAD_MAX_MS);
  if (!isKnown) await planner.refresh();
  const keptFromMs = rawDays === undefined ? -Infinity : Math.floor(nowMs / DAY_MS) * DAY_MS - rawDays * DAY_MS;
  const decide = (): readonly Admission[] => {
    const byConfig = admitByConfig(locationId, rows, { known, planner, nowMs, runIds });
    return byConfig.map((answer, index) => (rows[index]!.dueAtMs < keptFromMs && answer.kind === 'take' ? PAST_RETENTION : answer));
  };
  const answers = decide();
  // No newer config makes anything younger.
  if (answers.every((answer) => answer === PAST_RETENTION || answer.kind === 'take' && !answer.isSurplus)) return answers;
  const { revision } = planner;
  await planner.refresh();
  return planner.revision === revision ? answers : decide();
}

function admitByConfig(
  locationId: string, rows: readonly Question[],
  { known, planner, nowMs, runIds }: { readonly known: Awaited<ReturnType<typeof knownShots>>; readonly planner: KnownPlan; readonly nowMs: number; readonly runIds: KnownRunIds },
): readonly Admission[] {
  return rows.map((row): Admission => {
    const check = planner.check(row.checkId);
    if (!check) return { kind: 'refuse', code: 'unknown_check' };
    if (row.locationOwed !== locationId) return { kind: 'refuse', code: 'not_owed' };
    if (!row.isScheduled) {
      const shot = known.get(row.runId);
      const isThis = shot && shot.checkId === row.checkId && shot.locationId === locationId && shot.orderedAtMs === row.dueAtMs;
      return isThis ? { kind: 'take', accountId: shot.accountId, isSurplus: false, ...(shot.retryOf ? { as: shot.retryOf } : {}) } : { kind: 'refuse', code: 'not_ordered' };
    }
    if (row.dueAtMs > nowMs + (row.isGap ? GAP_AHEAD_MAX_MS : RESULT_AHEAD_MAX_MS)) return { kind: 'refuse', code: 'not_due_yet' };
    if (!runIds.of({ accountId: check.accountId, checkId: row.checkId, locationId }).isOf(row.runId, row.dueAtMs)) return { kind: 'refuse', code: 'wrong_run_id' };
    const owedness = owednessOf({
      checkId: row.checkId, locationId, dueAtMs: row.dueAtMs, epochs: check.epochs, availability: planner.availability,
    });
    return owedness === 'not_owed' ? { kind: 'refuse', code: 'not_owed' } : { kind: 'take', accountId: check.accountId, isSurplus: owedness === 'surplus' || isPausedAt(check.windows ?? [], check.check.tags, row.dueAtMs) };
  });
}

async function knownShots(rows: readonly Question[], shots: Pick<ShotStore, 'findShots'>) {
  const ids = rows.filter(({ isScheduled }) => !isScheduled).map(({ runId }) => runId);
  const found = ids.length === 0 ? [] : await shots.findShots(ids);
  return new Map(found.map((shot) => [shot.runId, shot]));
}

import { runIdOf } from '#shared/check/run-id.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { BegunAttempt } from '../executor/begun-attempt.ts';
import { faultOf } from '../executor/settle-attempt.ts';
import type { ClockOffset } from '../session/clock-offset.ts';

export type LostNow = { readonly nowMs: number; readonly locationId: string; readonly offset: ClockOffset };

/** The result of a shot whose thread died: it may have reached the target, so it is told as an attempt (rules.md 6). */
export function lostShot(shot: Shot, now: LostNow): AttemptResult {
  return {
    runId: shot.runId, checkId: shot.checkId, checkRevision: shot.revision, trigger: shot.trigger, dueAtMs: shot.orderedAtMs, attempt: 1,
    startedAtMs: now.nowMs, latenessUs: 0, ...lost(shot, now),
  };
}

/** The last word of a scheduled run whose thread died: its attempt under way, or the one that it paused before. */
export function lostRun({ checkId, revision, dueAtMs, attempt, startedAtMs, latenessUs }: BegunAttempt, assignment: Assignment, now: LostNow): AttemptResult {
  const runId = runIdOf({ accountId: assignment.accountId, checkId, locationId: now.locationId, dueAtMs });
  return { runId, checkId, checkRevision: revision, trigger: 'schedule', dueAtMs, attempt, startedAtMs, latenessUs, ...lost(assignment, now) };
}

function lost({ spec }: Pick<Assignment, 'spec'>, { locationId, offset }: LostNow) {
  return {
    locationOwed: locationId, locationExecuted: locationId, isFinal: true, clockOffsetUs: offset.offsetUs, clockErrorUs: offset.errorUs,
    ...faultOf(spec, 'lost'),
  };
}

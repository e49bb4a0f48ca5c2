import type { Shot } from '#shared/run/assignment.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { faultOf } from '../executor/settle-attempt.ts';
import type { ClockOffset } from '../session/clock-offset.ts';

/** The result of a shot whose thread died: it may have reached the target, so it is told as an attempt (rules.md 6). */
export function lostShot(shot: Shot, now: { readonly nowMs: number; readonly locationId: string; readonly offset: ClockOffset }): AttemptResult {
  return {
    runId: shot.runId, checkId: shot.checkId, checkRevision: shot.revision, locationOwed: now.locationId, locationExecuted: now.locationId,
    trigger: shot.trigger, dueAtMs: shot.orderedAtMs, attempt: 1, isFinal: true,
    startedAtMs: now.nowMs, latenessUs: 0, clockOffsetUs: now.offset.offsetUs, clockErrorUs: now.offset.errorUs,
    ...faultOf(shot.spec, 'broken'),
  };
}

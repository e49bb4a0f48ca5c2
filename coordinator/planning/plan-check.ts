import type { TcpRequest } from '#shared/check/check.ts';
import { expandRequest, type Variables } from '#shared/check/variables.ts';
import { retryStrategyOf } from '#shared/retry/backoff.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { turnsOf } from '#shared/schedule/turns.ts';
import type { PlannedCheck } from '../pipeline/ports.ts';
import { probeSpecOf } from './expand-check.ts';
import { outsideOf, pausedSpans } from './pauses.ts';
import { retryElsewhereOf } from './retries-elsewhere.ts';

/** Past turns are sent along for this long, so that an agent that comes late knows what it missed. */
const PAST_TURNS_MS = 60_000;

/**
 * Pauses are cut out of the turns for this long ahead, so that an agent which is cut off keeps them; the planner looks
 * again well before. What an agent runs in a pause it was not told of is surplus.
 */
export const PAUSES_AHEAD_MS = 48 * 3_600_000;
const NO_VARIABLES: Variables = new Map();

/** Every location that has an assignment of this check, and the assignment: empty when it owes nothing any more. */
export function planCheck(
  check: PlannedCheck, availability: AvailabilityIndex, nowMs: number,
): ReadonlyMap<string, Omit<Assignment, 'digest'>> {
  const plan = new Map<string, Omit<Assignment, 'digest'>>();
  const inForce = epochsInForce(check, nowMs - PAST_TURNS_MS);
  const locations = new Set(inForce.flatMap(({ order }) => order));
  if (!inForce.some(({ active }) => active)) return plan;
  const { spec, needs } = probeSpecOf(check.check, check.variables ?? NO_VARIABLES);
  // A failed run that is tried again elsewhere is over for the agent: the judge orders what follows.
  const retry = retryElsewhereOf(check.check) ? null : retryStrategyOf(check.check);
  const paused = pausedSpans(check.windows ?? [], check.check.tags, nowMs - PAST_TURNS_MS, nowMs + PAUSES_AHEAD_MS);
  for (const locationId of locations) {
    const owed = turnsOf({ locationId, checkId: check.checkId, epochs: inForce, availability, fromMs: nowMs - PAST_TURNS_MS });
    const turns = outsideOf(owed, paused);
    if (turns.length === 0) continue;
    plan.set(locationId, {
      checkId: check.checkId, accountId: check.accountId, revision: check.revision, spec, retry, turns, ...(needs.length > 0 ? { needs } : {}),
    });
  }
  return plan;
}

function epochsInForce(check: PlannedCheck, fromMs: number): PlannedCheck['epochs'] {
  const governing = check.epochs.findLastIndex(({ fromAtMs }) => fromAtMs <= fromMs);
  return check.epochs.slice(Math.max(0, governing));
}

/** Does this change what the check does, so that one run at once should show it (rules.md 2)? */
export function wantsDeployRun(before: PlannedCheck | undefined, after: PlannedCheck): boolean {
  const epoch = after.epochs.at(-1);
  if (!epoch?.active || after.isDeleted) return false;
  if (!before || before.isDeleted || !before.epochs.at(-1)?.active) return true;
  return JSON.stringify(requestOf(before)) !== JSON.stringify(requestOf(after))
    || before.check.shouldFail !== after.check.shouldFail
    || JSON.stringify(before.epochs.at(-1)!.order) !== JSON.stringify(epoch.order);
}

/** With the values it is run with: another password is another request. */
function requestOf({ check, variables = NO_VARIABLES }: PlannedCheck): TcpRequest {
  return expandRequest(check.request, (name) => variables.get(name)?.value);
}

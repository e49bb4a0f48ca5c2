import type { Location } from '#shared/check/location.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { phaseMs } from '#shared/schedule/cadence.ts';
import { nextTurn, turnsOf } from '#shared/schedule/turns.ts';
import { toDeliver } from './order-shot.ts';
import { probeSpecOf, REDACTION } from '../planning/expand-check.ts';
import type { PlannedCheck } from '../pipeline/ports.ts';
import type { DeployOrder } from '../pipeline/shot-port.ts';

/** One run at once of a check that was created, activated or edited: where its next turn is, or everywhere (rules.md 2). */
export function deployOrder(
  check: PlannedCheck, availability: AvailabilityIndex, location: (id: string) => Location | undefined, now: { readonly nowMs: number; readonly ids: () => string },
): DeployOrder {
  const { accountId, checkId, revision } = check;
  const epoch = check.epochs.at(-1);
  const where = !epoch ? [] : epoch.strategy === 'parallel' ? epoch.order : [nextInTurn(check, epoch.order, availability, epoch.fromAtMs)];
  const { spec, needs } = probeSpecOf(check.check, check.variables ?? new Map());
  // What no agent can have is told by their rejecting the check.
  const shots = needs.some((need) => need !== REDACTION) ? [] : where.flatMap((id) => location(id) ?? []).map((at) => toDeliver(
    { accountId, location: at, spec, saved: { checkId, revision }, timeoutMs: spec.maxResponseTimeMs, trigger: 'deploy' },
    { runId: now.ids(), orderedAtMs: Math.floor(now.nowMs), answerTo: null },
  ));
  return { accountId, checkId, revision, shots };
}

/** The location whose turn comes first; slots come at most one interval after the epoch begins. */
function nextInTurn(check: PlannedCheck, order: readonly string[], availability: AvailabilityIndex, fromMs: number): string {
  const first = order
    .map((locationId) => ({ locationId, dueAtMs: nextTurn(turnsOf({ locationId, checkId: check.checkId, epochs: check.epochs, availability }), fromMs - 1) }))
    .filter((turn): turn is { locationId: string; dueAtMs: number } => turn.dueAtMs !== null)
    .toSorted((a, b) => a.dueAtMs - b.dueAtMs)[0];
  return first?.locationId ?? order[phaseMs(check.checkId, order.length)]!;
}

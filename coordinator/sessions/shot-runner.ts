import type { Log } from '#shared/log.ts';
import type { Location } from '#shared/check/location.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { phaseMs } from '#shared/schedule/cadence.ts';
import { nextTurn, turnsOf } from '#shared/schedule/turns.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import type { Clock } from '#shared/time/clock.ts';
import { shotToWire } from '#shared/wire/assignment.ts';
import type { PlannedCheck, ShotStore } from '../pipeline/ports.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { ShotAnswer, ShotDesk } from './shot-desk.ts';

/** Time for the way there and back, on top of the attempt's own limit. */
const WAY_MS = 3_000;

export type ShotRunnerDeps = {
  readonly registry: SessionRegistry;
  readonly desk: ShotDesk;
  readonly shots: ShotStore;
  readonly clock: Clock;
  readonly ids: () => string;
  readonly log: Log;
};

export type ShotOrder = {
  readonly accountId: string;
  readonly location: Location;
  readonly spec: ProbeSpec;
  /** null: an unsaved definition, neither stored nor metered (rules.md 7). */
  readonly saved: { readonly checkId: string; readonly revision: number } | null;
  readonly timeoutMs: number;
  readonly trigger?: 'manual' | 'deploy';
};

/** Streams one run to the least busy agent of the location, outside the schedule, and waits for its answer. */
export async function runShot(order: ShotOrder, deps: ShotRunnerDeps): Promise<Exclude<ShotAnswer, { kind: 'refused' }>> {
  const [session] = deps.registry.staying(order.location.id);
  if (!session) return { kind: 'no_agent' };
  const runId = deps.ids();
  const orderedAtMs = Math.floor(deps.clock.nowMs());
  const trigger = order.trigger ?? 'manual';
  if (order.saved) {
    await deps.shots.recordShot({
      accountId: order.accountId, runId, checkId: order.saved.checkId, checkRevision: order.saved.revision,
      locationId: order.location.id, trigger, orderedAtMs,
    });
  }
  const answer = deps.desk.expect(runId, session.agentId, order.timeoutMs + WAY_MS);
  session.send({ $case: 'shot', value: shotToWire({
    runId, checkId: order.saved?.checkId ?? runId, revision: order.saved?.revision ?? 0, trigger, orderedAtMs,
    isUnsaved: order.saved === null, spec: order.spec, timeoutMs: order.timeoutMs + WAY_MS,
  }) });
  const answered = await answer;
  if (answered.kind !== 'refused') return answered;
  deps.log.warn({ runId, reason: answered.reason }, 'an agent refused a run');
  return { kind: 'no_agent' };
}

/** One run at once of a check that was created, activated or edited: where its next turn is, or everywhere (rules.md 2). */
export function deployRuns(
  check: PlannedCheck, availability: AvailabilityIndex, location: (id: string) => Location | undefined, deps: ShotRunnerDeps,
): void {
  const epoch = check.epochs.at(-1);
  if (!epoch) return;
  const spec = toProbeSpec(check.check);
  const where = epoch.strategy === 'parallel' ? epoch.order : [nextInTurn(check, epoch.order, availability, epoch.fromAtMs)];
  for (const id of where) {
    const at = location(id);
    if (!at) continue;
    void runShot({
      accountId: check.accountId, location: at, spec, saved: { checkId: check.checkId, revision: check.revision },
      timeoutMs: spec.maxResponseTimeMs, trigger: 'deploy',
    }, deps).catch((error: unknown) => deps.log.warn({ err: error, checkId: check.checkId }, 'could not order the first run of a check'));
  }
}

/** The location whose turn comes first; slots come at most one interval after the epoch begins. */
function nextInTurn(check: PlannedCheck, order: readonly string[], availability: AvailabilityIndex, fromMs: number): string {
  const first = order
    .map((locationId) => ({ locationId, dueAtMs: nextTurn(turnsOf({ locationId, checkId: check.checkId, epochs: check.epochs, availability }), fromMs - 1) }))
    .filter((turn): turn is { locationId: string; dueAtMs: number } => turn.dueAtMs !== null)
    .toSorted((a, b) => a.dueAtMs - b.dueAtMs)[0];
  return first?.locationId ?? order[phaseMs(check.checkId, order.length)]!;
}

import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import { toDeliver, WAY_MS, wireShot, type ShotOrder } from './order-shot.ts';
import type { ShotStore } from '../pipeline/ports.ts';
import type { ShotRouteStore } from '../pipeline/shot-port.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { ShotAnswer, ShotDesk } from './shot-desk.ts';
import type { ShotRouter } from './shot-router.ts';

export type ShotRunnerDeps = {
  readonly registry: SessionRegistry;
  readonly desk: ShotDesk;
  readonly router: ShotRouter;
  readonly shots: ShotStore & ShotRouteStore;
  readonly coordinatorId: string;
  readonly clock: Clock;
  readonly ids: () => string;
  readonly log: Log;
};

/** One run outside the schedule, by the least busy agent of the location here, or by one on another coordinator; waits for its answer. */
export async function runShot(order: ShotOrder, deps: ShotRunnerDeps): Promise<Exclude<ShotAnswer, { kind: 'refused' }>> {
  const { registry, desk, router, shots, clock, log } = deps;
  const runId = deps.ids();
  const orderedAtMs = Math.floor(clock.nowMs());
  const [session] = registry.staying(order.location.id);
  const timeoutMs = order.timeoutMs + WAY_MS;
  let answer: Promise<ShotAnswer>;
  if (session) {
    const { owed } = toDeliver(order, { runId, orderedAtMs, answerTo: null });
    if (owed) await shots.recordShot(owed);
    answer = desk.expect(runId, session.agentId, timeoutMs);
    session.send({ $case: 'shot', value: wireShot(order, { runId, orderedAtMs }) });
  } else {
    if (!await shots.hasAgent(order.location.id)) return { kind: 'no_agent' };
    // Expected first: the answer may be there before the order is known to be stored.
    answer = router.expect(runId, timeoutMs + WAY_MS);
    await shots.orderShots([toDeliver(order, { runId, orderedAtMs, answerTo: deps.coordinatorId })]).catch((error: unknown) => {
      router.forget(runId);
      throw error;
    });
  }
  const answered = await answer;
  if (answered.kind !== 'refused') return answered;
  log.warn({ runId, reason: answered.reason }, 'an agent refused a run');
  return { kind: 'no_agent' };
}

/**
 * Orders a run of a saved check and does not wait: its result comes as every other, wherever the agent is connected.
 * Resolves with its run id once it is committed. `orderedAtMs` left out: now.
 */
export async function orderShot(
  order: ShotOrder, { shots, clock, ids, router }: Pick<ShotRunnerDeps, 'shots' | 'clock' | 'ids' | 'router'>, orderedAtMs: number | null = null,
): Promise<string> {
  const runId = ids();
  await shots.orderShots([toDeliver(order, { runId, orderedAtMs: Math.floor(orderedAtMs ?? clock.nowMs()), answerTo: null })]);
  router.wake();
  return runId;
}

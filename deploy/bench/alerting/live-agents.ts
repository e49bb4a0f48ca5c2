/**
 * One process with an agent in each location: the agent's own session and delivery, and each due slot's result made at
 * its instant instead of probed. Targets go down when the parent says, and stay down. Ends with its channel.
 */
import { randomUUID } from 'node:crypto';
import { newPrivateKeyPem, ownKeyOf } from '#agent/own-key.ts';
import { AssignmentSet } from '#agent/session/assignment-set.ts';
import { ClockOffsetEstimate } from '#agent/session/clock-offset.ts';
import { connectFleet, type CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { SessionKeeper } from '#agent/session/keep-session.ts';
import { MemorySpool } from '#agent/spool/memory-spool.ts';
import { createLog } from '#shared/log.ts';
import { cadenceOf, firstSlotAtOrAfter } from '#shared/schedule/cadence.ts';
import { sleep, systemClock } from '#shared/time/clock.ts';
import { benchResult } from '../pipeline/bench-rows.ts';

export type LiveAgent = { readonly key: string; readonly locationId: string };

export type ToLive =
  | { readonly kind: 'join'; readonly coordinator: CoordinatorAddress; readonly accountId: string; readonly agents: readonly LiveAgent[] }
  /** Every check in every location, whole slots due in [fromMs, untilMs). `down`: by check, the instant from which its target refuses. */
  | { readonly kind: 'run'; readonly checkIds: readonly string[]; readonly intervalMs: number; readonly fromMs: number; readonly untilMs: number; readonly down: Readonly<Record<string, number>> };

export type FromLive =
  | { readonly kind: 'joined' }
  | { readonly kind: 'ran'; readonly made: number; readonly unacknowledged: number; readonly sessionsLost: number; /** How late results were made, ms. */ readonly latestMs: number };

type Joined = { readonly locationId: string; readonly spool: MemorySpool };

const TICK_MS = 5;
const FLUSH_MS = 10_000;
const stopping = new AbortController();
let accountId = '';
let agents: readonly Joined[] = [];
let sessionsLost = 0;

process.on('message', (message) => { void follow(message as ToLive); });
process.on('disconnect', () => { stopping.abort(); process.exit(0); });

async function follow(order: ToLive): Promise<void> {
  switch (order.kind) {
    case 'join':
      accountId = order.accountId;
      agents = await Promise.all(order.agents.map((agent) => join(order.coordinator, agent)));
      return tell({ kind: 'joined' });
    case 'run': return tell(await run(order));
  }
}

async function run({ checkIds, intervalMs, fromMs, untilMs, down }: Extract<ToLive, { kind: 'run' }>): Promise<Extract<FromLive, { kind: 'ran' }>> {
  const due = checkIds.map((checkId) => ({ checkId, nextMs: firstSlotAtOrAfter(cadenceOf(checkId, intervalMs), fromMs) })).sort((a, b) => a.nextMs - b.nextMs);
  let [made, latestMs, at] = [0, 0, 0];
  // One interval apart from each other, checks stay in the order of their phases.
  for (let next = due[0]!; next.nextMs < untilMs; next = due[at % due.length]!) {
    const nowMs = systemClock.nowMs();
    if (next.nextMs > nowMs) { await sleep(systemClock, TICK_MS); continue; }
    latestMs = Math.max(latestMs, nowMs - next.nextMs);
    const isRefused = next.nextMs >= (down[next.checkId] ?? Infinity);
    for (const { locationId, spool } of agents) {
      spool.append({ kind: 'result', result: benchResult({ accountId, locationId, checkId: next.checkId, dueAtMs: next.nextMs, number: made, isRefused }) });
      made += 1;
    }
    next.nextMs += intervalMs;
    at += 1;
  }
  const left = (): number => agents.reduce((sum, { spool }) => sum + spool.depth(), 0);
  for (const untilFlushedMs = performance.now() + FLUSH_MS; left() > 0 && performance.now() < untilFlushedMs;) await sleep(systemClock, TICK_MS);
  return { kind: 'ran', made, unacknowledged: left(), sessionsLost, latestMs };
}

function join(coordinator: CoordinatorAddress, { key, locationId }: LiveAgent): Promise<Joined> {
  const spool = new MemorySpool({ clock: systemClock });
  return new Promise((resolve) => {
    const keeper = new SessionKeeper({
      identity: { agentId: randomUUID(), instanceId: randomUUID(), name: `live ${locationId.slice(0, 8)}`, version: 'bench', features: [], capacity: 1_000, ownKey: ownKeyOf(newPrivateKeyPem()) },
      locationKey: () => key, clock: systemClock, log: createLog('live agents', 'warn'), spool, random: Math.random,
      assignments: new AssignmentSet(new Set(['columnar-results', 'shots', 'gaps', 'dialogue', 'tls']), () => null),
      clockOffset: new ClockOffsetEstimate(), connect: () => connectFleet(coordinator),
      onWelcome: () => {},
      onConnected: (isConnected) => { if (!isConnected) sessionsLost += 1; },
      onAssignments: () => resolve({ locationId, spool }),
      onShot: (shot, answer) => answer({ runId: shot.runId, answer: { $case: 'refused', value: 'this agent only delivers' } }),
      onLiveAgents: () => {}, onHeard: () => {},
      vitals: () => ({ inFlight: 0, spoolDepth: BigInt(spool.depth()), spoolOldestAgeMs: 0n, latenessP99Us: 0, loopDelayP99Us: 0 }),
    });
    void keeper.run(stopping.signal);
  });
}

function tell(message: FromLive): void {
  process.send?.(message);
}

/**
 * The process of the bench's agents: the agent's own session and delivery (columnar batches, credits), with results
 * that were made beforehand instead of probes. It does what its parent says over the channel, and ends with it.
 */
import { randomUUID } from 'node:crypto';
import { newPrivateKeyPem, ownKeyOf } from '#agent/own-key.ts';
import { ClockOffsetEstimate } from '#agent/session/clock-offset.ts';
import { connectFleet } from '#agent/session/fleet-connection.ts';
import { AssignmentSet } from '#agent/session/assignment-set.ts';
import { SessionKeeper } from '#agent/session/keep-session.ts';
import { createLog } from '#shared/log.ts';
import { systemClock } from '#shared/time/clock.ts';
import { benchRows, type OwedRuns } from './bench-rows.ts';
import { PreloadedSpool } from './preloaded-spool.ts';

export type ToAgents =
  | { readonly kind: 'join'; readonly port: number; readonly agents: readonly { readonly key: string; readonly owed: OwedRuns }[] }
  | { readonly kind: 'load'; readonly first: number; readonly countEach: number }
  | { readonly kind: 'go' };

export type FromAgents =
  | { readonly kind: 'joined' }
  | { readonly kind: 'loaded' }
  | { readonly kind: 'done'; readonly elapsedMs: number; readonly cpuUs: number; readonly sessionsLost: number };

type Agent = { readonly owed: OwedRuns; readonly spool: PreloadedSpool };

const stopping = new AbortController();
let agents: readonly Agent[] = [];
/** A round that lost one is no measurement. */
let sessionsLost = 0;

process.on('message', (message) => { void follow(message as ToAgents); });
process.on('disconnect', () => { stopping.abort(); process.exit(0); });

async function follow(order: ToAgents): Promise<void> {
  switch (order.kind) {
    case 'join':
      agents = await Promise.all(order.agents.map(({ key, owed }, index) => join(order.port, key, owed, index)));
      return tell({ kind: 'joined' });
    case 'load':
      for (const { owed, spool } of agents) spool.load(benchRows(owed, order.first, order.countEach));
      globalThis.gc?.();
      return tell({ kind: 'loaded' });
    case 'go': {
      const [startedUs, cpuBefore] = [systemClock.monotonicUs(), process.cpuUsage()];
      await Promise.all(agents.map(({ spool }) => spool.offer()));
      const cpu = process.cpuUsage(cpuBefore);
      return tell({ kind: 'done', elapsedMs: (systemClock.monotonicUs() - startedUs) / 1000, cpuUs: cpu.user + cpu.system, sessionsLost });
    }
  }
}

function join(port: number, key: string, owed: OwedRuns, index: number): Promise<Agent> {
  const spool = new PreloadedSpool(randomUUID());
  const log = createLog('synthetic agents', 'warn');
  return new Promise((resolve) => {
    const keeper = new SessionKeeper({
      identity: { agentId: randomUUID(), instanceId: randomUUID(), name: `synthetic ${index + 1}`, version: 'bench', features: [], capacity: 1, ownKey: ownKeyOf(newPrivateKeyPem()) },
      locationKey: () => key, clock: systemClock, log, spool, random: Math.random,
      assignments: new AssignmentSet(new Set(), () => null),
      clockOffset: new ClockOffsetEstimate(),
      connect: () => connectFleet({ host: '127.0.0.1', port, transport: { kind: 'plaintext' } }),
      onWelcome: () => resolve({ owed, spool }),
      onConnected: (isConnected) => { if (!isConnected) sessionsLost += 1; },
      onAssignments: () => {}, onHeard: () => {}, onLiveAgents: () => {}, onShot: () => {},
      vitals: () => ({ inFlight: 0, spoolDepth: BigInt(spool.depth()), spoolOldestAgeMs: 0n, latenessP99Us: 0, loopDelayP99Us: 0 }),
    });
    void keeper.run(stopping.signal);
  });
}

function tell(message: FromAgents): void {
  process.send?.(message);
}

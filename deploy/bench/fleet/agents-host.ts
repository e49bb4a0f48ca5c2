/**
 * One process with many agents: the agent's own session, assignments and delivery, without probes. Does what its
 * parent says over the channel, and ends with it.
 */
import { randomUUID } from 'node:crypto';
import { newPrivateKeyPem, ownKeyOf } from '#agent/own-key.ts';
import { AssignmentSet } from '#agent/session/assignment-set.ts';
import { ClockOffsetEstimate } from '#agent/session/clock-offset.ts';
import { connectFleet, type CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { SessionKeeper } from '#agent/session/keep-session.ts';
import { createLog } from '#shared/log.ts';
import { sleep, systemClock } from '#shared/time/clock.ts';
import { benchRows, type OwedRuns } from '../pipeline/bench-rows.ts';
import { LaneSpool } from './lane-spool.ts';

export type HostedAgent = { readonly key: string; readonly owed: OwedRuns; /** Number of the first result it may deliver, and its share of the backlog. */ readonly firstRow: number; readonly backlog: number };

export type ToHost =
  | { readonly kind: 'join'; readonly coordinator: CoordinatorAddress; readonly agents: readonly HostedAgent[] }
  | { readonly kind: 'status' }
  /** Live results of all agents together, evenly. */
  | { readonly kind: 'live'; readonly perSecond: number; readonly forMs: number };

export type HostStatus = {
  readonly kind: 'status';
  readonly connected: number;
  /** Wall clock when the last of the connected came, ms. */
  readonly lastConnectedAtMs: number;
  readonly sessionsLost: number;
  /** By config revision: when each agent had it, wall clock, ms. The last few revisions. */
  readonly applied: readonly { readonly revision: number; readonly atMs: readonly number[] }[];
  readonly backlogLeft: number;
  readonly cpuUs: number;
};

export type FromHost = HostStatus | { readonly kind: 'joined' } | { readonly kind: 'lived'; readonly offered: number; readonly left: number; readonly elapsedMs: number; readonly waitsMs: readonly number[] };

const REVISIONS_KEPT = 20;
/** A burst of connects at first measures the machine's accept queue, not the coordinator. */
const JOIN_AT_ONCE = 50;
const TICK_MS = 20;

const stopping = new AbortController();
const spools: LaneSpool[] = [];
const applied = new Map<number, number[]>();
let connected = 0;
let lastConnectedAtMs = 0;
let sessionsLost = 0;

process.on('message', (message) => { void follow(message as ToHost); });
process.on('disconnect', () => { stopping.abort(); process.exit(0); });

async function follow(order: ToHost): Promise<void> {
  switch (order.kind) {
    case 'join': {
      for (let from = 0; from < order.agents.length; from += JOIN_AT_ONCE) {
        await Promise.all(order.agents.slice(from, from + JOIN_AT_ONCE).map((agent) => join(order.coordinator, agent)));
      }
      return tell({ kind: 'joined' });
    }
    case 'status': {
      const { user, system } = process.cpuUsage();
      return tell({
        kind: 'status', connected, lastConnectedAtMs, sessionsLost, cpuUs: user + system,
        applied: [...applied].map(([revision, atMs]) => ({ revision, atMs })), backlogLeft: spools.reduce((sum, spool) => sum + spool.backlogLeft, 0),
      });
    }
    case 'live': return tell(await live(order.perSecond, order.forMs));
  }
}

async function live(perSecond: number, forMs: number): Promise<Extract<FromHost, { kind: 'lived' }>> {
  for (const spool of spools) spool.waitsMs.length = 0;
  const startedMs = performance.now();
  let offered = 0;
  for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedMs) {
    for (const due = Math.floor((elapsedMs / 1000) * perSecond); offered < due; offered += 1) spools[offered % spools.length]!.offerLive();
    await sleep(systemClock, TICK_MS);
  }
  const elapsedMs = performance.now() - startedMs;
  for (let waits = 0; waits < 250 && spools.some(({ liveLeft }) => liveLeft > 0); waits += 1) await sleep(systemClock, TICK_MS);
  return { kind: 'lived', offered, left: spools.reduce((sum, { liveLeft }) => sum + liveLeft, 0), elapsedMs, waitsMs: spools.flatMap(({ waitsMs }) => waitsMs) };
}

function join(coordinator: CoordinatorAddress, { key, owed, firstRow, backlog }: HostedAgent): Promise<void> {
  const spool = new LaneSpool(randomUUID(), backlog, (first, count) => benchRows(owed, firstRow + first, count));
  spools.push(spool);
  const assignments = new AssignmentSet(new Set(['columnar-results', 'shots', 'gaps', 'dialogue', 'tls']), () => null);
  let wasConnected = false;
  return new Promise((resolve) => {
    const keeper = new SessionKeeper({
      identity: { agentId: randomUUID(), instanceId: randomUUID(), name: `hosted ${spools.length}`, version: 'bench', features: [], capacity: 100, ownKey: ownKeyOf(newPrivateKeyPem()) },
      locationKey: () => key, clock: systemClock, log: createLog('hosted agents', 'error'), spool, random: Math.random, assignments,
      clockOffset: new ClockOffsetEstimate(), connect: () => connectFleet(coordinator),
      onWelcome: () => {},
      onConnected: (isConnected) => {
        // Said also after an attempt that came to nothing.
        if (isConnected === wasConnected) return;
        wasConnected = isConnected;
        connected += isConnected ? 1 : -1;
        if (isConnected) lastConnectedAtMs = Date.now();
        else sessionsLost += 1;
      },
      onAssignments: () => { note(assignments.revision); resolve(); },
      onLiveAgents: () => {}, onHeard: () => {}, onShot: () => {},
      vitals: () => ({ inFlight: 0, spoolDepth: BigInt(spool.depth()), spoolOldestAgeMs: 0n, latenessP99Us: 0, loopDelayP99Us: 0 }),
    });
    void keeper.run(stopping.signal);
  });
}

function note(revision: number): void {
  const times = applied.get(revision);
  if (times) times.push(Date.now());
  else applied.set(revision, [Date.now()]);
  if (applied.size > REVISIONS_KEPT) applied.delete(Math.min(...applied.keys()));
}

function tell(message: FromHost): void {
  process.send?.(message);
}

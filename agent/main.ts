import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Log } from '#shared/log.ts';
import type { SpoolItem } from './spool/spool.ts';
import { nextAttempt } from '#shared/retry/backoff.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { sleep, systemClock } from '#shared/time/clock.ts';
import { watchLoopDelay } from '#shared/time/loop-delay.ts';
import { VERSION } from '#shared/version.ts';
import { resultsToWire } from '#shared/wire/results-to-wire.ts';
import type { AgentConfig } from './config.ts';
import { openProbeRoute } from './blackbox/open-probe-route.ts';
import { AgentEgress } from './egress.ts';
import { attemptWith, refusalOf } from './executor/attempt.ts';
import { Executor } from './executor/executor.ts';
import { openHttpServer } from './http/http-server.ts';
import { agentRoutes } from './http/routes.ts';
import { keptIdentity } from './identity.ts';
import { AgentMetrics } from './metrics.ts';
import { openProbe } from './probe/open-probe.ts';
import { AssignmentSet } from './session/assignment-set.ts';
import { ClockOffsetEstimate } from './session/clock-offset.ts';
import { connectFleet } from './session/fleet-connection.ts';
import { endingAt, HAND_OVER_MS } from './session/hand-over.ts';
import { SessionKeeper } from './session/keep-session.ts';
import { SqliteSpool } from './spool/sqlite-spool.ts';
import { CoordinatorTime } from './timetable/coordinator-time.ts';
import { gapOf, type MissedSlot } from './timetable/missed-slot.ts';
import { Timetable } from './timetable/timetable.ts';

export type RunningAgent = { readonly httpUrl: string; stop(): Promise<void> };

/** What this build can do; a check that needs more is rejected on this agent alone. */
const FEATURES = ['columnar-results', 'shots', 'gaps', 'dialogue', 'tls'] as const;
/** Runs under way at a stop are given this long. */
const DRAIN_MS = 8_000;
/** For the last results to be acknowledged; what is not is in the spool. */
const FLUSH_MS = 3_000;

/** One agent: joins its location, keeps its own timetable, and holds every result until the coordinator has committed it. */
export async function startAgent(config: AgentConfig, log: Log): Promise<RunningAgent> {
  const clock = systemClock;
  const { agentId, ownKey } = keptIdentity(config.dataDir);
  const spool = new SqliteSpool({
    path: join(config.dataDir, 'spool.db'), clock,
    onTrouble: (trouble) => log.warn(trouble, 'trouble with the spool'),
  });
  const egress = new AgentEgress({ ...config.egress, kind: 'public', nowMs: () => clock.monotonicUs() / 1000 });
  const { probe, close: closeProbe } = openProbe({ resolver: config.resolver, egress: (address) => egress.decide(address), clock });
  const loopDelay = watchLoopDelay();
  const clockOffset = new ClockOffsetEstimate();
  const time = new CoordinatorTime(clock, () => -clockOffset.best.offsetUs / 1000);
  const assignments = new AssignmentSet(new Set(FEATURES), ({ spec }) => refusalOf(spec));
  let locationId = '';
  let isConnected = false;
  let liveAgents = 0;
  let isLeaving = false;
  let lastSlotMs = 0;
  const held = new Map<string, Assignment>();
  let loopDelayP99Us = 0;

  const keep = (item: SpoolItem): void => void spool.append(item);
  const miss = (missed: MissedSlot): void => {
    metrics.countGap(missed.reason);
    keep({ kind: 'gap', gap: gapOf(missed, locationId) });
  };
  const executor = new Executor({
    attempt: attemptWith({ probe, nowMs: () => time.nowMs(), isImpaired: () => false }),
    nextAttempt, clock,
    nowMs: () => time.nowMs(),
    clockOffset: () => clockOffset.best,
    locationId: () => locationId,
    onResult: (result) => { metrics.countResult(result); keep({ kind: 'result', result }); },
    onGap: miss,
    onError: (error) => log.error({ err: error }, 'an attempt ended by an error of the agent'),
    limits: { runs: { concurrency: config.concurrency, waitingMax: RUNS_WAITING_MAX } },
  });
  const timetable = new Timetable({
    clock, time,
    onDue: (assignment, dueAtMs) => executor.run(assignment, dueAtMs),
    onGap: miss,
    onOmitted: (count) => log.warn({ count }, 'slots too long ago to list; the coordinator closes them'),
  });
  const metrics = new AgentMetrics(VERSION, () => ({
    isConnected, isSharing: liveAgents > 1, assignments: timetable.size, rejectedAssignments: assignments.rejected.length,
    inFlight: executor.stats.inFlight, capacity: config.concurrency, spoolRows: spool.depth(),
    spoolOldestAgeSeconds: spool.oldestAgeMs(clock.nowMs()) / 1000, loopDelayP99Seconds: loopDelayP99Us / 1e6,
    clockOffsetSeconds: clockOffset.best.offsetUs / 1e6, appliedRevision: assignments.revision,
  }));

  const keeper = new SessionKeeper({
    identity: { agentId, instanceId: randomUUID(), name: config.name ?? hostname(), version: VERSION, features: FEATURES, capacity: config.concurrency, ownKey },
    locationKey: () => config.locationKey?.reveal() ?? '',
    clock, log, assignments, clockOffset, spool,
    random: Math.random,
    connect: () => connectFleet(config.coordinator),
    onConnected: (connected) => { isConnected = connected; },
    onWelcome: (welcome) => {
      locationId = welcome.locationId;
      egress.setLocationKind(welcome.locationKind);
      log.info({ location: welcome.locationCode, generation: Number(welcome.generation) }, 'joined');
    },
    onLiveAgents: (count) => { liveAgents = count; },
    onAssignments: (upserts, removals) => {
      for (const assignment of upserts) held.set(assignment.checkId, assignment);
      for (const checkId of removals) held.delete(checkId);
      timetable.apply(isLeaving ? endingAt(upserts, lastSlotMs) : upserts, removals);
      timetable.start();
      for (const checkId of removals) metrics.forget(checkId);
    },
    onShot: (shot, answer) => {
      const refusal = refusalOf(shot.spec);
      if (refusal !== null) { answer({ runId: shot.runId, answer: { $case: 'refused', value: refusal } }); return; }
      executor.shoot(shot, (done) => {
        if (done.kind === 'refused') { answer({ runId: shot.runId, answer: { $case: 'refused', value: done.reason } }); return; }
        if (!shot.isUnsaved) { metrics.countResult(done.result); keep({ kind: 'result', result: done.result }); }
        answer({ runId: shot.runId, answer: { $case: 'result', value: resultsToWire([done.result]) } });
      });
    },
    vitals: () => {
      loopDelayP99Us = loopDelay.p99Us();
      return {
        inFlight: executor.stats.inFlight, spoolDepth: BigInt(spool.depth()), spoolOldestAgeMs: BigInt(Math.round(spool.oldestAgeMs(clock.nowMs()))),
        latenessP99Us: Math.round(executor.stats.latenessP99Us), loopDelayP99Us,
      };
    },
  });

  const probeRoute = config.probeModulesPath === null ? null : openProbeRoute({
    modulesPath: config.probeModulesPath, resolver: config.resolver, egress: (address) => egress.decide(address), clock, log,
  });
  const http = await openHttpServer(
    { ...config.http, variable: 'SONDE_AGENT_HTTP_PORT' },
    agentRoutes(metrics.registry, probeRoute?.handler ?? null, () => healthOf(isConnected, assignments.revision, timetable.size)),
  );
  const leaving = new AbortController();
  const session = keeper.run(leaving.signal);

  return {
    httpUrl: http.url,
    /** Slots after the last are given away first, and run by this agent until then; what runs is finished, what was seen is delivered or stays spooled. */
    async stop() {
      const handOverMs = isConnected && liveAgents > 1 ? HAND_OVER_MS : 0;
      isLeaving = true;
      lastSlotMs = Math.floor(time.nowMs()) + handOverMs;
      timetable.apply(endingAt(held.values(), lastSlotMs), []);
      await keeper.goodbye(lastSlotMs, 'the agent is stopping');
      await sleep(clock, handOverMs);
      timetable.stop();
      await executor.drain(DRAIN_MS);
      await flushed(spool, isConnected);
      leaving.abort();
      await session;
      await http.close();
      probeRoute?.close();
      closeProbe();
      loopDelay.stop();
      spool.close();
    },
  };
}

/** Far above what one location is ever due at once; what would wait behind them is a gap `overloaded`. */
const RUNS_WAITING_MAX = 16_384;

/** Ready: it knows what to run, whether or not the coordinator is there this moment. */
function healthOf(isConnected: boolean, revision: number, size: number) {
  const isReady = revision > 0;
  return { isReady, isConnected, assignments: size, reasons: isReady ? [] : ['no configuration yet: this agent has not joined its location'] };
}

async function flushed(spool: SqliteSpool, isConnected: boolean): Promise<void> {
  if (!isConnected) return;
  const untilMs = performance.now() + FLUSH_MS;
  while (spool.depth() > 0 && performance.now() < untilMs) await new Promise((resolve) => { setTimeout(resolve, 20); });
}

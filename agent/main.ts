import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Log } from '#shared/log.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import type { Spool, SpoolItem } from './spool/spool.ts';
import { sleep, systemClock } from '#shared/time/clock.ts';
import { watchLoopDelay } from '#shared/time/loop-delay.ts';
import { VERSION } from '#shared/version.ts';
import { resultsToWire } from '#shared/wire/results-to-wire.ts';
import type { AgentConfig } from './config.ts';
import { openProbeRoute } from './blackbox/open-probe-route.ts';
import { AgentEgress } from './egress.ts';
import { refusalOf } from './executor/attempt.ts';
import { openHttpServer } from './http/http-server.ts';
import { agentRoutes } from './http/routes.ts';
import { keptIdentity } from './identity.ts';
import { AgentMetrics } from './metrics.ts';
import { startProbing } from './probing/probing-thread.ts';
import type { ProbingStats } from './probing/probing.ts';
import { SealedFile } from './sealed-file.ts';
import { AssignmentSet, type Applied } from './session/assignment-set.ts';
import { Autonomy } from './session/autonomy.ts';
import { ClockOffsetEstimate } from './session/clock-offset.ts';
import { connectFleet } from './session/fleet-connection.ts';
import { HAND_OVER_MS } from './session/hand-over.ts';
import { SessionKeeper } from './session/keep-session.ts';
import { snapshotOf, type KeptTimetable } from './session/kept-timetable.ts';
import { TimetableKeeper } from './session/timetable-keeper.ts';
import { SqliteSpool } from './spool/sqlite-spool.ts';
import { troubleTeller } from './spool/tell-trouble.ts';
import { CoordinatorTime } from './timetable/coordinator-time.ts';
import { gapOf, type MissedSlot } from './timetable/missed-slot.ts';
import { witnessesFromWire, witnessesToWire } from './session/witness-report.ts';
import { askWitness } from './witness/ask-witness.ts';
import { WitnessWatch } from './witness/witness-watch.ts';
import { watchSecrets } from './watch-secrets.ts';

export type RunningAgent = { readonly httpUrl: string; stop(): Promise<void> };

/** What this build can do; a check that needs more is rejected on this agent alone. */
const FEATURES = ['columnar-results', 'shots', 'gaps', 'dialogue', 'tls', 'redaction'] as const;
/** Runs under way at a stop are given this long. */
const DRAIN_MS = 8_000;
/** For the last results to be acknowledged; what is not is in the spool. */
const FLUSH_MS = 3_000;

/** 10,000 checks are some 4 MB; beyond this nothing is kept, and said. */
const TIMETABLE_BYTES_MAX = 64 * 1024 * 1024;
/** So much shorter may autonomy turn out after a kill. */
const REFRESH_MS_MAX = 600_000;
/** With others in the location: how long the coordinator may take before what was kept is run. */
const FIRST_WORD_MS = 5_000;

export type AgentSeams = {
  /** Stands before the spool, and hands on; left out: nothing does. */
  readonly keepSpool?: (spool: Spool) => Spool;
};

/** One agent: joins its location, keeps its own timetable, and holds every result until the coordinator has committed it. */
export async function startAgent(config: AgentConfig, log: Log, { keepSpool = (spool) => spool }: AgentSeams = {}): Promise<RunningAgent> {
  const clock = systemClock;
  const { agentId, ownKey } = keptIdentity(config.dataDir);
  const spool = keepSpool(new SqliteSpool({
    path: join(config.dataDir, 'spool.db'), clock,
    onTrouble: troubleTeller(clock, log),
  }));
  const nowMs = (): number => clock.monotonicUs() / 1000;
  const { secrets, stop: stopWatchingSecrets } = watchSecrets(config.secretsPath, nowMs, log);
  const egress = new AgentEgress({ ...config.egress, fileLists: () => secrets.egress(), kind: 'public', nowMs });
  const probeRoute = config.probeModulesPath === null ? null : openProbeRoute({
    modulesPath: config.probeModulesPath, resolver: config.resolver, egress: (address) => egress.decide(address), clock, log,
  });
  const loopDelay = watchLoopDelay();
  const clockOffset = new ClockOffsetEstimate((best) => probing.setClockOffset(best));
  const time = new CoordinatorTime(clock, () => -clockOffset.best.offsetUs / 1000);
  const assignments = new AssignmentSet(new Set(FEATURES), ({ spec }) => refusalOf(spec));
  let location = { id: '', code: '', kind: 'public' };
  let isConnected = false;
  let liveAgents = 0;
  let loopDelayP99Us = 0;

  const keep = (item: SpoolItem): void => void spool.append(item);
  const miss = (missed: MissedSlot): void => {
    metrics.countGap(missed.reason);
    keep({ kind: 'gap', gap: gapOf(missed, location.id) });
  };
  const probing = startProbing({ resolver: config.resolver, egress: config.egress, secretsPath: config.secretsPath, concurrency: config.concurrency, engine: config.probeEngine }, {
    onResult: (result) => { metrics.countResult(result); witnesses.saw(targets.get(result.checkId) ?? result.checkId, result); keep({ kind: 'result', result }); },
    onGap: miss,
    onOmitted: (count) => log.warn({ count }, 'slots too long ago to list; the coordinator closes them'),
    onAttemptError: (error) => log.error({ err: error }, 'an attempt ended by an error of the agent'),
    onDown: ({ cause, faults, gaps, restartInMs }) => log.error({ err: cause, faults, gaps, restartInMs }, 'the probing thread is gone and will be replaced'),
  }, { clock, nowMs: () => time.nowMs() });
  /** What each check is about, for the witnesses: several checks of one target say one thing. */
  const targets = new Map<string, string>();
  const witnesses = new WitnessWatch({
    clock, nowMs: () => time.nowMs(), ask: askWitness,
    onChange: (isFailing) => {
      probing.setImpaired(isFailing);
      if (isFailing) log.warn('no witness answers: this agent may be cut off from its network');
      else log.info('a witness answers again');
    },
  });
  if (config.witnesses) witnesses.watch(config.witnesses);
  let toldEngine = '';
  /** Once a change; who asked for the kernel's times and does not get them is told as of an error. */
  const tellEngine = ({ kind, reason }: ProbingStats['engine']): void => {
    if (!probing.stats().isUp || toldEngine === `${kind} ${reason}`) return;
    toldEngine = `${kind} ${reason}`;
    if (kind === 'plain' && config.probeEngine === 'kernel') log.error({ reason }, 'checks are timed in user space: the kernel-timed engine is not to be had');
    else log.info({ engine: kind, reason }, 'what times the checks');
  };
  const metrics = new AgentMetrics(VERSION, () => ({
    isConnected, isSharing: liveAgents > 1, assignments: probing.stats().assignments, rejectedAssignments: assignments.rejected.length,
    inFlight: probing.stats().inFlight, capacity: config.concurrency, spoolRows: spool.depth(),
    spoolOldestAgeSeconds: spool.oldestAgeMs(clock.nowMs()) / 1000, loopDelayP99Seconds: loopDelayP99Us / 1e6,
    probingLoopDelayP99Seconds: probing.stats().loopDelayP99Us / 1e6, probingRestarts: probing.stats().restarts, engine: probing.stats().engine,
    clockOffsetSeconds: clockOffset.best.offsetUs / 1e6, appliedRevision: assignments.revision,
    witnesses: { ...witnesses.report(), isFailing: witnesses.isFailing },
    autonomyLeftSeconds: autonomy.leftMs() / 1000,
  }));
  const run = (upserts: readonly Assignment[], removals: readonly string[]): void => {
    probing.apply(upserts, removals);
    for (const { checkId, spec } of upserts) targets.set(checkId, `${spec.hostname}:${spec.port}`);
    for (const checkId of removals) {
      metrics.forget(checkId);
      targets.delete(checkId);
    }
  };
  const autonomy = new Autonomy({ clock, limitMs: config.autonomyMs, onOver: () => {
    log.error({ autonomyMs: config.autonomyMs }, 'the coordinator has been away for longer than SONDE_AUTONOMY: checks stop until it is back');
    run([], assignments.forget());
  } });
  const settle = (joined: typeof location): void => {
    location = joined;
    egress.setLocationKind(joined.kind);
    probing.setLocation({ id: joined.id, kind: joined.kind });
  };
  const belonging = { agentId, coordinator: `${config.coordinator.host}:${config.coordinator.port}` };
  const timetableKeeper = new TimetableKeeper({
    file: new SealedFile({ path: join(config.dataDir, 'timetable'), key: ownKey.sealingKey('timetable'), purpose: 'timetable', bytesMax: TIMETABLE_BYTES_MAX }),
    clock, refreshMs: Math.min(REFRESH_MS_MAX, config.autonomyMs / 10),
    current: () => (assignments.revision === 0 ? null : {
      ...belonging, location, revision: assignments.revision, hash: assignments.hash, liveAgents, assignments: assignments.encoded(),
      heardAtMs: clock.nowMs() - autonomy.sinceHeardMs(), clockOffsetUs: clockOffset.best.offsetUs,
    }),
    onTrouble: (error) => log.warn({ err: error }, 'what to run could not be kept on disk: a restart without the coordinator would run what was kept before'),
  });
  /** Runs what was kept, unless the coordinator has told something newer. */
  const resume = (kept: KeptTimetable): void => {
    if (assignments.revision > 0) return;
    const applied = restored(assignments, kept);
    if (applied.kind === 'resync') return log.warn({ reason: applied.reason }, 'the kept timetable is not used');
    liveAgents = kept.liveAgents;
    settle(kept.location);
    run(applied.upserts, applied.removals);
    log.info({ location: kept.location.code, assignments: applied.upserts.length, autonomyLeftMs: Math.round(autonomy.leftMs()) }, 'running what was kept from before');
  };

  /** Settled when the coordinator has told what to run, or could not be reached. */
  const firstSession = Promise.withResolvers<void>();
  const keeper = new SessionKeeper({
    identity: { agentId, instanceId: randomUUID(), name: config.name ?? hostname(), version: VERSION, features: FEATURES, capacity: config.concurrency, ownKey },
    locationKey: () => config.locationKey?.reveal() ?? '',
    clock, log, assignments, clockOffset, spool,
    random: Math.random,
    connect: () => connectFleet(config.coordinator),
    onConnected: (connected) => {
      isConnected = connected;
      if (!connected) firstSession.resolve();
    },
    onHeard: () => autonomy.heard(),
    onWelcome: (welcome) => {
      settle({ id: welcome.locationId, code: welcome.locationCode, kind: welcome.locationKind });
      if (!config.witnesses) witnesses.watch(witnessesFromWire(welcome));
      log.info({ location: welcome.locationCode, generation: Number(welcome.generation) }, 'joined');
    },
    onLiveAgents: (count) => { liveAgents = count; },
    onAssignments: (upserts, removals) => {
      run(upserts, removals);
      firstSession.resolve();
      timetableKeeper.changed();
    },
    onShot: (shot, answer) => {
      const refusal = refusalOf(shot.spec);
      if (refusal !== null) { answer({ runId: shot.runId, answer: { $case: 'refused', value: refusal } }); return; }
      probing.shoot(shot, (done) => {
        if (done.kind === 'refused') { answer({ runId: shot.runId, answer: { $case: 'refused', value: done.reason } }); return; }
        if (!shot.isUnsaved) { metrics.countResult(done.result); keep({ kind: 'result', result: done.result }); }
        answer({ runId: shot.runId, answer: { $case: 'result', value: resultsToWire([done.result]) } });
      });
    },
    vitals: () => {
      loopDelayP99Us = loopDelay.p99Us();
      const { inFlight, latenessP99Us, loopDelayP99Us: probingLoopDelayP99Us, engine } = probing.stats();
      tellEngine(engine);
      return {
        inFlight, spoolDepth: BigInt(spool.depth()), spoolOldestAgeMs: BigInt(Math.round(spool.oldestAgeMs(clock.nowMs()))),
        // That of the thread that times the sockets; this thread's own is in /metrics.
        latenessP99Us: Math.round(latenessP99Us), loopDelayP99Us: probingLoopDelayP99Us,
        witnesses: witnessesToWire(witnesses.report()),
        engine: engine.kind, engineReason: engine.reason,
      };
    },
  });

  const http = await openHttpServer(
    { ...config.http, variable: 'SONDE_AGENT_HTTP_PORT' },
    agentRoutes(metrics.registry, probeRoute?.handler ?? null, () => healthOf({ isConnected, revision: assignments.revision, isAutonomyOver: autonomy.isOver }, probing.stats())),
  ).catch(async (error: unknown) => {
    // A thread that runs keeps the process from ending.
    await probing.stop(0);
    throw error;
  });
  const leaving = new AbortController();
  const found = await timetableKeeper.load(belonging);
  if (found.kind === 'none' && found.reason !== null) log.warn({ reason: found.reason }, 'the kept timetable is not used');
  const kept = found.kind === 'kept' ? found.kept : null;
  if (kept) {
    clockOffset.assume(kept.clockOffsetUs);
    if (!autonomy.resume(clock.nowMs() - kept.heardAtMs)) log.error({ autonomyMs: config.autonomyMs }, 'the coordinator was last heard of longer ago than SONDE_AUTONOMY: checks wait until it is back');
    else if (kept.liveAgents <= 1) resume(kept);
    // Others may have taken over what it ran: the coordinator, if it is there, knows better.
    else void Promise.race([firstSession.promise, sleep(clock, FIRST_WORD_MS, leaving.signal)]).then(() => { if (!leaving.signal.aborted && !autonomy.isOver) resume(kept); });
  }
  const session = keeper.run(leaving.signal);

  return {
    httpUrl: http.url,
    /** Slots after the last are given away first, and run by this agent until then; what runs is finished, what was seen is delivered or stays spooled. */
    async stop() {
      const handOverMs = isConnected && liveAgents > 1 ? HAND_OVER_MS : 0;
      const lastSlotMs = Math.floor(time.nowMs()) + handOverMs;
      probing.endAt(lastSlotMs);
      await keeper.goodbye(lastSlotMs, 'the agent is stopping');
      await sleep(clock, handOverMs);
      await probing.stop(DRAIN_MS);
      await flushed(spool, isConnected);
      leaving.abort();
      await session;
      autonomy.stop();
      witnesses.stop();
      await timetableKeeper.close();
      await http.close();
      probeRoute?.close();
      stopWatchingSecrets();
      loopDelay.stop();
      spool.close();
    },
  };
}

function restored(assignments: AssignmentSet, kept: KeptTimetable): Applied {
  try {
    return assignments.applySnapshot(snapshotOf(kept));
  } catch (error) {
    return { kind: 'resync', reason: `it cannot be read: ${(error as Error).message}` };
  }
}

/** Ready: it knows what to run and can, whether or not the coordinator is there this moment. */
function healthOf(
  { isConnected, revision, isAutonomyOver }: { readonly isConnected: boolean; readonly revision: number; readonly isAutonomyOver: boolean },
  { assignments, isUp }: ProbingStats,
) {
  const reasons = [
    ...(isAutonomyOver ? ['checks have stopped: the coordinator has been away for longer than SONDE_AUTONOMY'] : revision > 0 ? [] : ['no configuration yet: this agent has not joined its location']),
    ...(isUp ? [] : ['the probing thread is being started']),
  ];
  return { isReady: reasons.length === 0, isConnected, assignments, reasons };
}

async function flushed(spool: Spool, isConnected: boolean): Promise<void> {
  if (!isConnected) return;
  const untilMs = performance.now() + FLUSH_MS;
  while (spool.depth() > 0 && performance.now() < untilMs) await new Promise((resolve) => { setTimeout(resolve, 20); });
}

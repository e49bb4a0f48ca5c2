import { attemptWith, refusalOf } from '#agent/executor/attempt.ts';
import { OwnSlots } from '#agent/probing/own-slots.ts';
import { AssignmentSet } from '#agent/session/assignment-set.ts';
import { Autonomy } from '#agent/session/autonomy.ts';
import { ClockOffsetEstimate } from '#agent/session/clock-offset.ts';
import type { FleetConnection } from '#agent/session/fleet-connection.ts';
import { HAND_OVER_MS } from '#agent/session/hand-over.ts';
import { SessionKeeper } from '#agent/session/keep-session.ts';
import { snapshotOf, type KeptTimetable } from '#agent/session/kept-timetable.ts';
import { TimetableKeeper } from '#agent/session/timetable-keeper.ts';
import type { Lane, Spool, SpoolItem, SpoolRow } from '#agent/spool/spool.ts';
import { SqliteSpool } from '#agent/spool/sqlite-spool.ts';
import { CoordinatorTime } from '#agent/timetable/coordinator-time.ts';
import { gapOf } from '#agent/timetable/missed-slot.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { sleep } from '#shared/time/clock.ts';
import { resultsToWire } from '#shared/wire/results-to-wire.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { Process } from '../engine/process.ts';
import type { AgentMachine, World } from '../world.ts';

/** As agent/main.ts has them. */
const FEATURES = ['columnar-results', 'shots', 'gaps', 'dialogue', 'tls', 'redaction'] as const;
const DRAIN_MS = 8_000;
const FLUSH_MS = 3_000;
const FIRST_WORD_MS = 5_000;
const AUTONOMY_MS = 86_400_000;

export type SimulatedAgent = {
  readonly process: Process;
  /** A goodbye, as on SIGTERM; the process is gone when it resolves. */
  leave(): Promise<void>;
  backlogAgeMs(): number;
  isConnected(): boolean;
};

/** What agent/main.ts joins, on a machine of the simulation: all of it real but the sockets, the disk and the clock. */
export function startSimulatedAgent(machine: AgentMachine, world: World): SimulatedAgent {
  const process = new Process(machine.name, world.engine, machine.clock);
  const { watch, plants } = world;
  const books = watch.agentStarted(machine);
  const offered: Record<Lane, Map<number, SpoolRow>> = { live: new Map(), backfill: new Map() };
  const spool = watched(new SqliteSpool({
    path: machine.name, clock: process, newId: () => world.newId(),
    open: machine.disk.openFor(process, { effect: world.effect, onCommit: () => books.committed(), onCorrupt: () => books.diskLost() }),
    onTrouble: ({ kind }) => world.sometimes(`spool trouble: ${kind}`),
  }));
  const clockOffset = new ClockOffsetEstimate();
  const offset = () => (plants.has('agent-trusts-its-wall-clock') ? { offsetUs: 0, errorUs: 0 } : clockOffset.best);
  const time = new CoordinatorTime(process, () => -offset().offsetUs / 1000);
  const assignments = new AssignmentSet(new Set(FEATURES), ({ spec }) => refusalOf(spec));
  const scheduled = new WeakMap<ProbeSpec, string>();
  let location = { id: '', code: '', kind: 'public' };
  let isConnected = false;
  let liveAgents = 0;

  /** Forwards to the spool, and tells the watch what an acknowledgement was for. */
  function watched(inner: SqliteSpool): Spool {
    return {
      get id() { return inner.id; },
      append: (item) => inner.append(item),
      peek: (lane, after, max) => {
        const rows = inner.peek(lane, after, max);
        for (const row of rows) {
          offered[lane].set(row.sequence, row);
          // What was offered live to a stream that ended has become backfill: a word about the live ones is none about it.
          offered[lane === 'live' ? 'backfill' : 'live'].delete(row.sequence);
        }
        return rows;
      },
      depth: () => inner.depth(),
      oldestAgeMs: (nowMs) => inner.oldestAgeMs(nowMs),
      onReady: (callback) => inner.onReady(callback),
      renewId: () => inner.renewId(),
      close: () => inner.close(),
      ackThrough: (lane, sequence) => {
        for (const [offer, row] of offered[lane]) {
          if (offer > sequence) break;
          offered[lane].delete(offer);
          watch.acknowledged(machine, inner.id, row);
        }
        world.effect(process, 'acknowledged');
        inner.ackThrough(lane, sequence);
      },
    };
  }

  const keep = (item: SpoolItem): void => {
    books.appended(item);
    spool.append(item);
    world.engine.trace.note(world.engine.nowMs, `${machine.name} keeps a ${item.kind}`);
  };
  const probe = attemptWith({
    probe: (spec, signal) => {
      const checkId = scheduled.get(spec);
      const ended = checkId === undefined ? null : books.started(checkId);
      return world.targets.probe(spec, process, signal).finally(() => ended?.());
    },
    nowMs: () => time.nowMs(), isImpaired: () => false,
  });
  const slots = new OwnSlots({
    attempt: probe, clock: process, time, clockOffset: offset, locationId: () => location.id,
    defer: (callback) => void process.setTimer(0, callback),
    limits: { runs: { concurrency: machine.concurrency, waitingMax: 16_384 } },
  }, {
    onResult: (result) => { books.reported(result); keep({ kind: 'result', result }); },
    onGap: (missed) => keep({ kind: 'gap', gap: gapOf(missed, location.id) }),
    onOmitted: () => world.sometimes('slots too long ago to list'),
    onAttemptError: (error) => world.violate('no-error', `${machine.name}: an attempt threw ${String(error)}`),
  });

  const run = (upserts: readonly Assignment[], removals: readonly string[]): void => {
    for (const { spec, checkId } of upserts) scheduled.set(spec, checkId);
    slots.apply(Math.floor(time.nowMs()) + 1, upserts, removals);
  };
  const autonomy = new Autonomy({ clock: process, limitMs: AUTONOMY_MS, onOver: () => run([], assignments.forget()) });
  const belonging = { agentId: machine.agentId, coordinator: 'coordinator:8090' };
  const timetableKeeper = new TimetableKeeper({
    file: machine.disk.timetableFor(process), clock: process, refreshMs: 600_000,
    current: () => (assignments.revision === 0 ? null : {
      ...belonging, location, revision: assignments.revision, hash: assignments.hash, liveAgents, assignments: assignments.encoded(),
      heardAtMs: process.nowMs() - autonomy.sinceHeardMs(), clockOffsetUs: clockOffset.best.offsetUs,
    }),
    onTrouble: () => world.sometimes('a timetable not kept'),
  });
  const firstSession = Promise.withResolvers<void>();
  const resume = (kept: KeptTimetable): void => {
    if (assignments.revision > 0 || !process.isAlive) return;
    const applied = assignments.applySnapshot(snapshotOf(kept));
    if (applied.kind === 'resync') return;
    world.sometimes('a kept timetable');
    liveAgents = kept.liveAgents;
    location = kept.location;
    run(applied.upserts, applied.removals);
  };
  const begin = async (): Promise<void> => {
    const found = await timetableKeeper.load(belonging);
    if (found.kind === 'kept') goOn(found.kept);
    await keeper.run(leaving.signal);
  };
  const goOn = (kept: KeptTimetable): void => {
    clockOffset.assume(kept.clockOffsetUs);
    if (!autonomy.resume(process.nowMs() - kept.heardAtMs)) return;
    if (kept.liveAgents <= 1) return resume(kept);
    void Promise.race([firstSession.promise, sleep(process, FIRST_WORD_MS, leaving.signal)]).then(() => { if (!leaving.signal.aborted && !autonomy.isOver) resume(kept); });
  };

  const keeper = new SessionKeeper({
    identity: { agentId: machine.agentId, instanceId: world.newId(), name: machine.name, version: '1.0.0', features: FEATURES, capacity: machine.capacity,
      ownKey: { publicKey: Buffer.alloc(0), sign: () => Buffer.alloc(64), sealingKey: () => Buffer.alloc(32) } },
    locationKey: () => machine.locationKey,
    clock: process, log: world.logOf(machine.name), assignments, clockOffset, spool,
    random: () => machine.random.fraction(),
    connect: () => watchedConnection(world.connect(machine, process)),
    onConnected: (connected) => {
      isConnected = connected;
      if (!connected) firstSession.resolve();
      watch.connection(machine, connected);
    },
    onHeard: () => autonomy.heard(),
    onWelcome: (welcome) => { location = { id: welcome.locationId, code: welcome.locationCode, kind: welcome.locationKind }; },
    onLiveAgents: (count) => { liveAgents = count; },
    onAssignments: (upserts: readonly Assignment[], removals) => {
      run(upserts, plants.has('agent-keeps-what-was-taken-away') ? [] : removals);
      firstSession.resolve();
      timetableKeeper.changed();
    },
    onShot: (shot, answer) => slots.shoot(shot, (done) => {
      if (done.kind === 'refused') { answer({ runId: shot.runId, answer: { $case: 'refused', value: done.reason } }); return; }
      if (!shot.isUnsaved) keep({ kind: 'result', result: done.result });
      answer({ runId: shot.runId, answer: { $case: 'result', value: resultsToWire([done.result]) } });
    }),
    vitals: () => ({
      inFlight: slots.stats.inFlight, spoolDepth: BigInt(spool.depth()), spoolOldestAgeMs: BigInt(Math.round(spool.oldestAgeMs(process.nowMs()))),
      latenessP99Us: 0, loopDelayP99Us: 0,
    }),
  });

  function watchedConnection(connection: FleetConnection): FleetConnection {
    if (!plants.has('spool-deleted-before-ack')) return connection;
    return { ...connection, openResults: () => {
      const stream = connection.openResults();
      return {
        messages: stream.messages, signal: stream.signal,
        end: () => stream.end(), destroy: () => stream.destroy(), cause: () => stream.cause(),
        write: async (message) => {
          await stream.write(message);
          if (message.message?.$case === 'batch') spool.ackThrough(message.message.value.lane === 'LANE_LIVE' ? 'live' : 'backfill', Number(message.message.value.throughSequence));
        },
      };
    } };
  }

  const leaving = new AbortController();
  process.onDeath(() => watch.connection(machine, false));
  const session = begin().catch((error: unknown) => world.violate('no-error', `${machine.name}: ${String(error)}`));
  return {
    process,
    isConnected: () => isConnected && process.isAlive,
    backlogAgeMs: () => spool.oldestAgeMs(process.nowMs()),
    async leave() {
      const handOverMs = isConnected && liveAgents > 1 && !plants.has('hand-over-without-last-slot') ? HAND_OVER_MS : 0;
      const lastSlotMs = Math.floor(time.nowMs()) + handOverMs;
      slots.endAt(lastSlotMs);
      await keeper.goodbye(lastSlotMs, 'the agent is stopping');
      await sleep(process, handOverMs);
      await slots.stop(DRAIN_MS);
      for (let waitedMs = 0; isConnected && spool.depth() > 0 && waitedMs < FLUSH_MS; waitedMs += 20) await sleep(process, 20);
      leaving.abort();
      await session;
      autonomy.stop();
      await timetableKeeper.close();
      spool.close();
      process.kill();
    },
  };
}

import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Clock } from '#shared/time/clock.ts';
import { CONFLICT_WINDOW_MS, isConflict } from '../fleet/detect-conflict.ts';
import type { SessionStore } from '../pipeline/ports.ts';
import { reconnectWindowMs } from '../fleet/reconnect-window.ts';
import { emptyBeat } from '../pipeline/tell-liveness.ts';
import { admitAgent, proveAgent, rejectionOf } from './admit-agent.ts';
import type { EnrolmentStore } from './enrolment-port.ts';
import { heardWitnesses } from './heard-witnesses.ts';
import type { LiveStreams } from './live-streams.ts';
import type { OpeningLine } from './opening-line.ts';
import type { LiveSession, SessionRegistry } from './session-registry.ts';
import type { ShotDesk } from './shot-desk.ts';

export const COORDINATOR_FEATURES = ['columnar-results', 'shots', 'gaps'] as const;
export const HEARTBEAT_EVERY_MS = 2_000;
/** No message for this long and the session is over: three heartbeats (rules.md 26). */
export const SILENCE_MAX_MS = 6_000;
const HELLO_WITHIN_MS = 10_000;
const BUSY = 'many agents come back at once; this one has its place in the line';
const SUPERSEDED = 'superseded by a newer session of the same agent';

export type SessionDeps = {
  readonly store: SessionStore & EnrolmentStore;
  readonly registry: SessionRegistry;
  readonly streams: LiveStreams;
  readonly shots: ShotDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly hashKey: (key: string) => Uint8Array;
  /** host:port of witnesses for agents of public locations that name none themselves; left out: none. */
  readonly publicWitnesses?: readonly string[];
  /** Which coordinator this is, among those on one Postgres. */
  readonly coordinatorId: string;
  /** Where everybody waits for a turn to be looked up and to get its session. */
  readonly line: Pick<OpeningLine, 'enter'>;
  /** This coordinator ends its sessions itself: no word about the agents. */
  readonly isStopping: () => boolean;
  /** Sends the session everything it is to hold. */
  readonly sendSnapshot: (session: LiveSession) => void;
};

type Stream = Duplex<pb.AgentMessage, pb.CoordinatorMessage>;

/** One agent's control stream, from hello to its end. Never throws. */
export async function serveSession(stream: Stream, deps: SessionDeps): Promise<void> {
  const { log } = deps;
  const watch = watchSilence(stream, deps.clock);
  const messages = stream.messages[Symbol.asyncIterator]();
  let session: LiveSession | null = null;
  let forget = (): void => undefined;
  try {
    const first = await messages.next();
    const hello = first.done ? undefined : first.value.message;
    if (hello?.$case !== 'hello') return;
    const proved = await proveAgent(hello.value, challengeOn(stream, messages), deps);
    if (proved.kind === 'gone') return;
    if (proved.kind === 'rejected') {
      void stream.write({ message: { $case: 'rejected', value: proved.rejected } });
      return;
    }
    // From here on it is this side that keeps the other waiting.
    watch.stop();
    // Agents far away take long to answer a challenge: none has a turn meanwhile.
    const turn = await deps.line.enter(stream.signal);
    if (turn.kind === 'gone') return;
    if (turn.kind === 'later') {
      void stream.write({ message: { $case: 'rejected', value: { code: 'busy', reason: BUSY, retryAfterMs: turn.retryAfterMs } } });
      return;
    }
    session = await join(hello.value, stream, deps).finally(turn.done);
    if (!session) return;
    watch.heard();
    const live = session;
    forget = deps.streams.add({
      sessionId: live.sessionId,
      cut: ({ code }) => {
        log.warn({ agentId: live.agentId, location: live.location.code, code }, 'an agent is cut off');
        stream.write({ message: { $case: 'rejected', value: rejectionOf(code) } }).finally(() => stream.end());
      },
      supersede: () => {
        // At once: the other end may be silent and never answer the goAway.
        deps.registry.remove(live.sessionId);
        live.close(SUPERSEDED);
      },
    });
    deps.registry.add(live)?.close(SUPERSEDED);
    log.info({ agentId: live.agentId, location: live.location.code, generation: live.generation }, 'agent connected');
    deps.sendSnapshot(live);
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      watch.heard();
      live.heardAtUs = deps.clock.monotonicUs();
      if (next.value.message) handle(next.value.message, live, deps);
    }
  } catch (error) {
    log.warn({ err: error }, 'a session ended by an error of the coordinator');
  } finally {
    forget();
    watch.stop();
    stream.end();
    if (session) await leave(session, deps);
  }
}

function challengeOn(stream: Stream, messages: AsyncIterator<pb.AgentMessage>): (nonce: Uint8Array) => Promise<pb.Proof | null | 'gone'> {
  return async (nonce) => {
    void stream.write({ message: { $case: 'challenge', value: { nonce: Buffer.from(nonce) } } });
    const answer = await messages.next();
    if (answer.done) return 'gone';
    return answer.value.message?.$case === 'proof' ? answer.value.message.value : null;
  };
}

async function join(hello: pb.Hello, stream: Stream, deps: SessionDeps): Promise<LiveSession | null> {
  const { store, clock } = deps;
  const receivedAtMs = clock.nowMs();
  const admitted = await admitAgent(hello, deps);
  if (admitted.kind === 'rejected') {
    void stream.write({ message: { $case: 'rejected', value: admitted.rejected } });
    return null;
  }
  const { location } = admitted;

  const { sessionId, generation } = await store.openSession({
    agentId: hello.agentId, instanceId: hello.instanceId, name: hello.name, locationId: location.id, version: hello.version, capacity: hello.capacity,
    coordinatorId: deps.coordinatorId,
  });
  const session: LiveSession = {
    sessionId, generation, location,
    agentId: hello.agentId,
    instanceId: hello.instanceId,
    connectedAtMs: receivedAtMs,
    features: new Set(hello.features),
    send: (message) => { void stream.write({ message }); },
    close: (reason) => {
      void stream.write({ message: { $case: 'goAway', value: { reason, reconnectAfterMinMs: 0, reconnectAfterMaxMs: reconnectWindowMs(deps.registry.size) } } });
      stream.end();
    },
    sentRevision: 0, sentDigests: new Map(), sentLiveAgents: 0, isMember: false, lastSlotMs: null, beat: null, witnesses: null,
    heardAtUs: clock.monotonicUs(), toldHeardAtUs: 0,
  };
  await noteConflict(session, deps);
  session.send({ $case: 'welcome', value: {
    sessionId, generation: BigInt(generation), locationId: location.id, locationCode: location.code, locationKind: location.kind,
    features: [...COORDINATOR_FEATURES], heartbeatIntervalMs: HEARTBEAT_EVERY_MS, reconnectWindowMs: reconnectWindowMs(deps.registry.size),
    nowUs: toUs(clock.nowMs()), witnesses: location.kind === 'public' ? [...(deps.publicWitnesses ?? [])] : [],
  } });
  return session;
}

function handle(message: NonNullable<pb.AgentMessage['message']>, session: LiveSession, deps: SessionDeps): void {
  switch (message.$case) {
    case 'heartbeat': {
      const receivedAtUs = toUs(deps.clock.nowMs());
      noteBeat(session, message.value);
      session.witnesses = heardWitnesses(message.value.witnesses, { locationId: session.location.id, agentId: session.agentId }, deps.clock.nowMs());
      session.send({ $case: 'heartbeatReply', value: {
        echoSentAtUs: message.value.sentAtUs, receivedAtUs, repliedAtUs: toUs(deps.clock.nowMs()), reconnectWindowMs: reconnectWindowMs(deps.registry.size),
      } });
      return;
    }
    case 'applied': {
      const { rejected } = message.value;
      const appliedRevision = Number(message.value.revision);
      session.beat = { ...(session.beat ?? emptyBeat(session.sessionId)), appliedRevision, rejected };
      if (rejected.length > 0) deps.log.warn({ agentId: session.agentId, rejected: rejected.slice(0, 5) }, 'an agent rejects some checks');
      return;
    }
    case 'goodbye':
      session.lastSlotMs = Math.min(Number(message.value.lastSlotMs), Number.MAX_SAFE_INTEGER);
      deps.log.info({ agentId: session.agentId, reason: message.value.reason }, 'agent says goodbye');
      // Told again with the next heartbeats, should this fail.
      deps.store.sayGoodbye(session.sessionId, session.lastSlotMs)
        .catch((error: unknown) => deps.log.warn({ err: error }, 'could not note a goodbye; it follows with the heartbeats'));
      return;
    case 'shotDone':
      deps.shots.done(session.agentId, message.value);
      return;
    case 'resync':
      deps.log.warn({ agentId: session.agentId, reason: message.value.reason }, 'agent asks for a snapshot');
      deps.sendSnapshot(session);
      return;
    case 'hello': case 'proof':
      return;
  }
}

async function leave(session: LiveSession, { registry, shots, store, log, isStopping }: SessionDeps): Promise<void> {
  if (registry.get(session.sessionId) === session) registry.remove(session.sessionId);
  shots.lost(session.agentId);
  log.info({ agentId: session.agentId, location: session.location.code, goodbye: session.lastSlotMs !== null }, 'agent session over');
  await store.closeSession(session.sessionId, isStopping() ? 'coordinator_stops' : 'ended').catch((error: unknown) => log.warn({ err: error }, 'could not mark a session as closed'));
}

/** A cloned data directory: both copies are served in turn, the newest session wins, and people are told. */
async function noteConflict({ agentId, location, generation }: LiveSession, { store, log }: SessionDeps): Promise<void> {
  if (generation < OPENINGS_MIN || !isConflict(await store.recentOpenings(location.id, agentId, CONFLICT_WINDOW_MS))) return;
  await store.noteConflict(location.id, agentId);
  log.warn({ agentId, location: location.code, generation }, 'two copies of one agent displace each other: give each a data directory of its own');
}

/** Fewer sessions than this cannot have displaced one another often enough. */
const OPENINGS_MIN = 4;

/** Breaks the stream off when hello does not come, or nothing is heard for too long. */
function watchSilence(stream: Stream, clock: Clock): { heard(): void; stop(): void } {
  let timer = clock.setTimer(HELLO_WITHIN_MS, () => stream.destroy());
  return {
    heard() {
      timer.cancel();
      timer = clock.setTimer(SILENCE_MAX_MS, () => stream.destroy());
    },
    stop: () => timer.cancel(),
  };
}

/** A sentence for people; whoever sends more has it cut. */
const ENGINE_REASON_MAX = 300;

function noteBeat(session: LiveSession, heartbeat: pb.Heartbeat): void {
  session.beat = {
    ...(session.beat ?? emptyBeat(session.sessionId)),
    appliedRevision: Number(heartbeat.appliedRevision),
    inFlight: heartbeat.inFlight,
    spoolDepth: Number(heartbeat.spoolDepth),
    latenessP99Us: heartbeat.latenessP99Us,
    loopDelayP99Us: heartbeat.loopDelayP99Us,
    clockOffsetUs: Number(heartbeat.clockOffsetUs),
    clockErrorUs: Number(heartbeat.clockErrorUs),
    engine: heartbeat.engine === 'kernel' || heartbeat.engine === 'plain' ? heartbeat.engine : null,
    engineReason: heartbeat.engineReason.slice(0, ENGINE_REASON_MAX),
  };
}

function toUs(ms: number): bigint {
  return BigInt(Math.round(ms * 1000));
}

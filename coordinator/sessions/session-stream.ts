import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Clock } from '#shared/time/clock.ts';
import { isUuid } from '#shared/wire/uuid-bytes.ts';
import type { SessionStore } from '../pipeline/ports.ts';
import type { LiveSession, SessionRegistry } from './session-registry.ts';
import type { ShotDesk } from './shot-desk.ts';

export const PROTOCOL_VERSION = 1;
export const COORDINATOR_FEATURES = ['columnar-results', 'shots', 'gaps'] as const;
export const HEARTBEAT_EVERY_MS = 2_000;
/** No message for this long and the session is over: three heartbeats (rules.md 26). */
export const SILENCE_MAX_MS = 6_000;
const HELLO_WITHIN_MS = 10_000;
/** A wrong key is not going to be right in a second. */
const WRONG_KEY_RETRY_MS = 30_000;
const RECONNECT_WINDOW_MS = 1_000;

export type SessionDeps = {
  readonly store: SessionStore;
  readonly registry: SessionRegistry;
  readonly shots: ShotDesk;
  readonly clock: Clock;
  readonly log: Log;
  readonly hashKey: (key: string) => Uint8Array;
  /** A session came, went, or said goodbye: who holds the location may change. */
  readonly onRosterChange: (locationId: string) => void;
  /** Sends the session everything it is to hold. */
  readonly sendSnapshot: (session: LiveSession) => void;
};

type Stream = Duplex<pb.AgentMessage, pb.CoordinatorMessage>;

/** One agent's control stream, from hello to its end. Never throws. */
export async function serveSession(stream: Stream, deps: SessionDeps): Promise<void> {
  const { registry, log } = deps;
  const watch = watchSilence(stream, deps.clock);
  const messages = stream.messages[Symbol.asyncIterator]();
  let session: LiveSession | null = null;
  try {
    const first = await messages.next();
    const hello = first.done ? undefined : first.value.message;
    if (hello?.$case !== 'hello') return;
    session = await join(hello.value, stream, deps);
    if (!session) return;
    watch.heard();
    const live = session;
    const older = registry.add(live);
    older?.close('superseded by a newer session of the same agent');
    log.info({ agentId: live.agentId, location: live.location.code, generation: live.generation }, 'agent connected');
    deps.onRosterChange(live.location.id);
    deps.sendSnapshot(live);
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      watch.heard();
      if (next.value.message) handle(next.value.message, live, deps);
    }
  } catch (error) {
    log.warn({ err: error }, 'a session ended by an error of the coordinator');
  } finally {
    watch.stop();
    stream.end();
    if (session) await leave(session, deps);
  }
}

async function join(hello: pb.Hello, stream: Stream, deps: SessionDeps): Promise<LiveSession | null> {
  const { store, clock } = deps;
  const receivedAtMs = clock.nowMs();
  const reject = (code: string, reason: string, retryAfterMs: number): null => {
    void stream.write({ message: { $case: 'rejected', value: { code, reason, retryAfterMs } } });
    return null;
  };
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    return reject('protocol_version', `this coordinator speaks protocol ${PROTOCOL_VERSION}, the agent ${hello.protocolVersion}`, WRONG_KEY_RETRY_MS);
  }
  if (!isUuid(hello.agentId) || !isUuid(hello.instanceId)) return reject('bad_hello', 'agent_id and instance_id must be UUIDs', WRONG_KEY_RETRY_MS);
  const location = await store.findLocationByKey(deps.hashKey(hello.locationKey));
  if (!location) return reject('unknown_key', 'no location has this key: it may have been revoked or mistyped', WRONG_KEY_RETRY_MS);

  const { sessionId, generation } = await store.openSession({
    agentId: hello.agentId, instanceId: hello.instanceId, name: hello.name, locationId: location.id, version: hello.version, capacity: hello.capacity,
  });
  const session: LiveSession = {
    sessionId, generation, location,
    agentId: hello.agentId,
    instanceId: hello.instanceId,
    connectedAtMs: receivedAtMs,
    features: new Set(hello.features),
    send: (message) => { void stream.write({ message }); },
    close: (reason) => {
      void stream.write({ message: { $case: 'goAway', value: { reason, reconnectAfterMinMs: 0, reconnectAfterMaxMs: RECONNECT_WINDOW_MS } } });
      stream.end();
    },
    sentRevision: 0, isHolder: false, saidGoodbye: false, beat: null,
  };
  session.send({ $case: 'welcome', value: {
    sessionId, generation: BigInt(generation), locationId: location.id, locationCode: location.code, locationKind: location.kind,
    features: [...COORDINATOR_FEATURES], heartbeatIntervalMs: HEARTBEAT_EVERY_MS, reconnectWindowMs: RECONNECT_WINDOW_MS,
    nowUs: toUs(clock.nowMs()),
  } });
  return session;
}

function handle(message: NonNullable<pb.AgentMessage['message']>, session: LiveSession, deps: SessionDeps): void {
  switch (message.$case) {
    case 'heartbeat': {
      const receivedAtUs = toUs(deps.clock.nowMs());
      noteBeat(session, message.value);
      session.send({ $case: 'heartbeatReply', value: {
        echoSentAtUs: message.value.sentAtUs, receivedAtUs, repliedAtUs: toUs(deps.clock.nowMs()),
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
      session.saidGoodbye = true;
      deps.log.info({ agentId: session.agentId, reason: message.value.reason }, 'agent says goodbye');
      deps.onRosterChange(session.location.id);
      return;
    case 'shotDone':
      deps.shots.done(session.agentId, message.value);
      return;
    case 'resync':
      deps.log.warn({ agentId: session.agentId, reason: message.value.reason }, 'agent asks for a snapshot');
      deps.sendSnapshot(session);
      return;
    case 'hello':
      return;
  }
}

async function leave(session: LiveSession, { registry, shots, store, log, onRosterChange }: SessionDeps): Promise<void> {
  if (registry.get(session.sessionId) === session) registry.remove(session.sessionId);
  shots.lost(session.agentId);
  log.info({ agentId: session.agentId, location: session.location.code, goodbye: session.saidGoodbye }, 'agent session over');
  onRosterChange(session.location.id);
  await store.closeSession(session.sessionId).catch((error: unknown) => log.warn({ err: error }, 'could not mark a session as closed'));
}

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
  };
}

function emptyBeat(sessionId: string) {
  return { sessionId, appliedRevision: 0, rejected: [], inFlight: 0, spoolDepth: 0, latenessP99Us: 0, loopDelayP99Us: 0, clockOffsetUs: 0, clockErrorUs: 0 };
}

function toUs(ms: number): bigint {
  return BigInt(Math.round(ms * 1000));
}

import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Log } from '#shared/log.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Clock } from '#shared/time/clock.ts';
import { shotFromWire } from '#shared/wire/assignment.ts';
import { WireError } from '#shared/wire/wire-error.ts';
import { agentProofMessage } from '#shared/wire/agent-proof.ts';
import type { OwnKey } from '../own-key.ts';
import type { Applied, AssignmentSet } from './assignment-set.ts';
import type { ClockOffsetEstimate } from './clock-offset.ts';

export const PROTOCOL_VERSION = 1;

/** How a session ended: what the reconnect policy needs to know. */
export type SessionEnd =
  | { readonly kind: 'ended'; readonly windowMs: number | null; readonly cause: string }
  | { readonly kind: 'go_away'; readonly reason: string; readonly minMs: number; readonly windowMs: number }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string; readonly retryAfterMs: number };

export type AgentIdentity = {
  readonly agentId: string;
  readonly instanceId: string;
  readonly name: string;
  readonly version: string;
  readonly features: readonly string[];
  readonly capacity: number;
  readonly ownKey: OwnKey;
};

export type SessionDeps = {
  readonly identity: AgentIdentity;
  /** '' once it has enrolled and is given none any more. */
  readonly locationKey: () => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly assignments: AssignmentSet;
  readonly clockOffset: ClockOffsetEstimate;
  /** Welcomed: the location is known and results may flow. */
  readonly onWelcome: (welcome: pb.Welcome) => void;
  /** The coordinator told what to run or answered a heartbeat: it is there, and knows this agent. */
  readonly onHeard: () => void;
  readonly onAssignments: (upserts: readonly Assignment[], removals: readonly string[]) => void;
  /** How many agents share the location's work, this one included. */
  readonly onLiveAgents: (count: number) => void;
  /** Answers the shot by `answer`, sooner or later; null when it cannot be run, with a reason. */
  readonly onShot: (shot: Shot, answer: (done: pb.ShotDone) => void) => void;
  /** What a heartbeat tells, besides the clock. */
  readonly vitals: () => Pick<pb.Heartbeat, 'inFlight' | 'spoolDepth' | 'spoolOldestAgeMs' | 'latenessP99Us' | 'loopDelayP99Us'> & Partial<Pick<pb.Heartbeat, 'witnesses' | 'engine' | 'engineReason'>>;
};

/** Heartbeats without a reply: past this many the coordinator is gone, whatever TCP says. */
const UNANSWERED_MAX = 3;
/** For the first word, and from that on for the welcome: where many come at once, the coordinator lets them wait. */
const WORD_WITHIN_MS = 10_000;

type Stream = Duplex<pb.CoordinatorMessage, pb.AgentMessage>;

/** Holds one session from hello to its end. Never throws; the timetable runs on whatever happens here. */
export async function holdSession(stream: Stream, deps: SessionDeps): Promise<SessionEnd> {
  const { clock, assignments, identity } = deps;
  const heart = new Heart(stream, deps);
  let windowMs: number | null = null;
  const awaitWord = () => clock.setTimer(WORD_WITHIN_MS, () => stream.destroy());
  let impatience = awaitWord();
  /** When the agent's last word left; what the welcome answers. */
  let askedMs = clock.nowMs();
  try {
    await stream.write({ message: { $case: 'hello', value: {
      protocolVersion: PROTOCOL_VERSION, agentId: identity.agentId, instanceId: identity.instanceId, locationKey: deps.locationKey(),
      name: identity.name, version: identity.version, features: [...identity.features], capacity: identity.capacity,
      appliedRevision: BigInt(assignments.revision), appliedHash: assignments.hash,
      publicKey: identity.ownKey.publicKey,
    } } });
    for await (const { message } of stream.messages) {
      switch (message?.$case) {
        case 'challenge':
          askedMs = clock.nowMs();
          prove(message.value, stream, identity);
          impatience.cancel();
          impatience = awaitWord();
          break;
        case 'welcome':
          impatience.cancel();
          windowMs = message.value.reconnectWindowMs;
          learnTime(message.value, askedMs, deps);
          deps.onWelcome(message.value);
          heart.start(message.value.heartbeatIntervalMs);
          break;
        case 'snapshot':
          deps.onHeard();
          deps.onLiveAgents(message.value.liveAgents);
          apply(assignments.applySnapshot(message.value), stream, deps);
          break;
        case 'delta':
          deps.onHeard();
          deps.onLiveAgents(message.value.liveAgents);
          apply(assignments.applyDelta(message.value), stream, deps);
          break;
        case 'shot': take(message.value, stream, deps); break;
        case 'heartbeatReply':
          deps.onHeard();
          windowMs = message.value.reconnectWindowMs || windowMs;
          heart.answered(message.value);
          break;
        case 'goAway':
          return { kind: 'go_away', reason: message.value.reason, minMs: message.value.reconnectAfterMinMs, windowMs: message.value.reconnectAfterMaxMs };
        case 'rejected':
          return { kind: 'rejected', code: message.value.code, reason: message.value.reason, retryAfterMs: message.value.retryAfterMs };
        case undefined:
          break;
      }
    }
    const cause = stream.cause();
    return { kind: 'ended', windowMs, cause: cause instanceof Error ? cause.message : cause };
  } finally {
    impatience.cancel();
    heart.stop();
    stream.destroy();
  }
}

/** Before anything is run: a clock that is an hour ahead would run the first slots of that hour at once. */
function learnTime({ nowUs }: pb.Welcome, askedMs: number, { clock, clockOffset }: SessionDeps): void {
  const repliedUs = Number(nowUs);
  // How long it was in the coordinator's hands is not told, so all of the wait is its error, until the first heartbeat.
  if (repliedUs > 0) clockOffset.add({ sentUs: askedMs * 1000, receivedUs: repliedUs, repliedUs, arrivedUs: clock.nowMs() * 1000 });
}

function prove({ nonce }: pb.Challenge, stream: Stream, identity: AgentIdentity): void {
  void stream.write({ message: { $case: 'proof', value: { signature: identity.ownKey.sign(agentProofMessage(nonce, identity)) } } });
}

function apply(applied: Applied, stream: Stream, { assignments, onAssignments, log }: SessionDeps): void {
  switch (applied.kind) {
    case 'resync':
      log.warn({ reason: applied.reason }, 'asking for a snapshot');
      void stream.write({ message: { $case: 'resync', value: { appliedRevision: BigInt(assignments.revision), reason: applied.reason } } });
      return;
    case 'applied':
      onAssignments(applied.upserts, applied.removals);
      void stream.write({ message: { $case: 'applied', value: {
        revision: BigInt(assignments.revision), hash: assignments.hash, rejected: [...applied.rejected],
      } } });
  }
}

function take(message: pb.Shot, stream: Stream, { clock, onShot }: SessionDeps): void {
  const answer = (done: pb.ShotDone): void => void stream.write({ message: { $case: 'shotDone', value: done } });
  try {
    onShot(shotFromWire(message, clock.nowMs()), answer);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    answer({ runId: message.runId, answer: { $case: 'refused', value: error.message } });
  }
}

/** Heartbeats out, replies in; breaks the stream off when they stay out. */
class Heart {
  readonly #stream: Stream;
  readonly #deps: SessionDeps;
  #unanswered = 0;
  #stopped = false;
  #cancel = (): void => undefined;

  constructor(stream: Stream, deps: SessionDeps) {
    this.#stream = stream;
    this.#deps = deps;
  }

  start(everyMs: number): void {
    const beat = (): void => {
      if (this.#stopped) return;
      if (this.#unanswered >= UNANSWERED_MAX) { this.#stream.destroy(); return; }
      this.#unanswered += 1;
      const { clock, clockOffset, assignments, vitals } = this.#deps;
      void this.#stream.write({ message: { $case: 'heartbeat', value: {
        appliedRevision: BigInt(assignments.revision), sentAtUs: toUs(clock.nowMs()), witnesses: undefined, engine: '', engineReason: '', ...vitals(),
        clockOffsetUs: BigInt(Math.round(clockOffset.best.offsetUs)), clockErrorUs: BigInt(Math.round(clockOffset.best.errorUs)),
      } } });
      const timer = clock.setTimer(everyMs, beat);
      this.#cancel = () => timer.cancel();
    };
    beat();
  }

  answered(reply: pb.HeartbeatReply): void {
    this.#unanswered = 0;
    this.#deps.clockOffset.add({
      sentUs: Number(reply.echoSentAtUs), receivedUs: Number(reply.receivedAtUs), repliedUs: Number(reply.repliedAtUs),
      arrivedUs: this.#deps.clock.nowMs() * 1000,
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }
}

function toUs(ms: number): bigint {
  return BigInt(Math.round(ms * 1000));
}

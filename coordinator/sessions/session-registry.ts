import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Location } from '#shared/check/location.ts';
import type { SessionBeat } from '../pipeline/ports.ts';
import type { HeardWitnesses } from '../pipeline/watch-impaired.ts';

/** A live session with an agent, as this coordinator holds it. */
export type LiveSession = {
  readonly sessionId: string;
  readonly agentId: string;
  readonly instanceId: string;
  readonly generation: number;
  readonly location: Location;
  readonly connectedAtMs: number;
  readonly features: ReadonlySet<string>;
  /** Sends unless the stream is over; back-pressure is the stream's. */
  send(message: NonNullable<pb.CoordinatorMessage['message']>): void;
  /** Says why, and ends the stream. */
  close(reason: string): void;
  /** What it was last told: at which revision, and the digest of each assignment. Revision 0: nothing yet. */
  sentRevision: number;
  sentDigests: Map<string, Uint8Array>;
  sentLiveAgents: number;
  /** Has it a share of its location's checks? Not while it is drained. */
  isMember: boolean;
  /** It said goodbye: what is due after this is someone else's; ms since the epoch. */
  lastSlotMs: number | null;
  beat: SessionBeat | null;
  /** What it last said of its witnesses; null: nothing yet, or it knows of none. */
  witnesses: HeardWitnesses | null;
  /** Monotonic, µs: when anything was heard from it, and what of that Postgres knows. */
  heardAtUs: number;
  toldHeardAtUs: number;
};

/** The sessions of this process, by session, agent and location. The newest of an agent wins. */
export class SessionRegistry {
  readonly #sessions = new Map<string, LiveSession>();
  /** By location, then agent. */
  readonly #locations = new Map<string, Map<string, LiveSession>>();

  /** Returns the session of the same agent that has to go, for the caller to close: the older one, which may be the one that was added. */
  add(session: LiveSession): LiveSession | null {
    const agents = this.#locations.get(session.location.id) ?? new Map<string, LiveSession>();
    const other = agents.get(session.agentId) ?? null;
    if (other && other.generation > session.generation) return session;
    if (other) this.#sessions.delete(other.sessionId);
    this.#sessions.set(session.sessionId, session);
    this.#locations.set(session.location.id, agents.set(session.agentId, session));
    return other;
  }

  remove(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (!session) return;
    this.#sessions.delete(sessionId);
    const agents = this.#locations.get(session.location.id);
    if (agents?.get(session.agentId) === session) agents.delete(session.agentId);
    if (agents?.size === 0) this.#locations.delete(session.location.id);
  }

  get(sessionId: string): LiveSession | undefined {
    return this.#sessions.get(sessionId);
  }

  get size(): number {
    return this.#sessions.size;
  }

  all(): readonly LiveSession[] {
    return [...this.#sessions.values()];
  }

  inLocation(locationId: string): readonly LiveSession[] {
    return [...this.#locations.get(locationId)?.values() ?? []];
  }

  /** Those that are here to stay: with a share of the checks before drained ones, the least busy first. */
  staying(locationId: string): readonly LiveSession[] {
    return this.inLocation(locationId).filter(({ lastSlotMs }) => lastSlotMs === null)
      .toSorted((a, b) => Number(b.isMember) - Number(a.isMember) || (a.beat?.inFlight ?? 0) - (b.beat?.inFlight ?? 0));
  }
}

import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Location } from '#shared/check/location.ts';
import type { SessionBeat } from '../pipeline/ports.ts';

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
  /** Its share of the location's work. */
  readonly weight: number;
  /** It said goodbye: what is due after this is someone else's; ms since the epoch. */
  lastSlotMs: number | null;
  beat: SessionBeat | null;
};

/** The sessions of this process, by session, agent and location. The newest of an agent wins. */
export class SessionRegistry {
  readonly #sessions = new Map<string, LiveSession>();

  /** Returns the older session of the same agent, if there was one here, for the caller to close. */
  add(session: LiveSession): LiveSession | null {
    const older = [...this.#sessions.values()].find(({ agentId }) => agentId === session.agentId) ?? null;
    if (older) this.#sessions.delete(older.sessionId);
    this.#sessions.set(session.sessionId, session);
    return older;
  }

  remove(sessionId: string): void {
    this.#sessions.delete(sessionId);
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
    return this.all().filter(({ location }) => location.id === locationId);
  }

  /** Those that are here to stay, the least busy first. */
  staying(locationId: string): readonly LiveSession[] {
    return this.inLocation(locationId).filter(({ lastSlotMs }) => lastSlotMs === null)
      .toSorted((a, b) => (a.beat?.inFlight ?? 0) - (b.beat?.inFlight ?? 0));
  }
}

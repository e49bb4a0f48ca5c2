import { weightOf } from './rendezvous.ts';
import { LEASE_MS, type Presence } from './roster.ts';

/** The newest session of an agent as Postgres knows it; spans in ms by Postgres' clock. */
export type Sighting = {
  readonly agentId: string;
  readonly locationId: string;
  readonly capacity: number;
  /** Somebody takes it out of work. */
  readonly isDraining: boolean;
  /** Since its last heartbeat was heard. */
  readonly heardAgoMs: number;
  /** null: it is open. */
  readonly closedAgoMs: number | null;
  /** Its coordinator stopped and closed it: no word about the agent. */
  readonly isClosedByCoordinator: boolean;
  /** It said goodbye; ms since the epoch. */
  readonly lastSlotMs: number | null;
  /** Since its coordinator was last heard of; null: nobody knows which one it had. */
  readonly coordinatorAgoMs: number | null;
};

/** A coordinator's outage is no agent's death: so long its agents have to come back to another one (rules.md 26). */
export const RETURN_GRACE_MS = 8_000;

/** How long a coordinator may be gone before the leases of its agents begin to count, by how it went; ms. */
export type ReturnGrace = { readonly afterStopMs: number; readonly afterCrashMs: number };

const AS_LONG: ReturnGrace = { afterStopMs: RETURN_GRACE_MS, afterCrashMs: RETURN_GRACE_MS };

/**
 * What is known of an agent. Lost is who said nothing while its coordinator was there to hear it, or whose stream
 * ended; while it is the coordinator that is gone, nothing is known, and a grace goes by before the lease counts.
 */
export function presenceOf(seen: Sighting, nowMs: number, grace: ReturnGrace = AS_LONG): Presence {
  const common = { agentId: seen.agentId, weight: weightOf(seen.capacity), lastSlotMs: seen.lastSlotMs, isDraining: seen.isDraining };
  if (seen.closedAgoMs === null && seen.heardAgoMs < LEASE_MS) return { ...common, isLive: true, absentSinceMs: null };
  return { ...common, isLive: false, absentSinceMs: nowMs - absentForMs(seen, grace) };
}

/** Is it there, or not known to be away, and means to stay? What makes its location available. */
export function isHere({ lastSlotMs, isLive, absentSinceMs }: Presence, nowMs: number): boolean {
  return lastSlotMs === null && (isLive || (absentSinceMs !== null && absentSinceMs >= nowMs));
}

function absentForMs(seen: Sighting, { afterStopMs, afterCrashMs }: ReturnGrace): number {
  if (seen.closedAgoMs !== null) return Math.max(0, seen.closedAgoMs - (seen.isClosedByCoordinator ? afterStopMs : 0));
  const coordinatorAgoMs = seen.coordinatorAgoMs ?? 0;
  // Silent for its lease while its coordinator listened.
  if (seen.heardAgoMs - coordinatorAgoMs >= LEASE_MS) return seen.heardAgoMs;
  return Math.max(0, coordinatorAgoMs - afterCrashMs);
}

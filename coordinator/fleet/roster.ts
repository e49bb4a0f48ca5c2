import type { Member } from './rendezvous.ts';

/** Who is in a location's work from an instant on, until its next row: never retroactive, like availability. */
export type RosterEpoch = { readonly locationId: string; readonly fromAtMs: number; readonly members: readonly Member[] };

/** What is known of an agent of the location at this moment. */
export type Presence = {
  readonly agentId: string;
  readonly weight: number;
  readonly isLive: boolean;
  /** It said goodbye: what is due after this is someone else's; ms since the epoch. */
  readonly lastSlotMs: number | null;
  /** Since when it has not been heard of; null while it is live. */
  readonly absentSinceMs: number | null;
  /** Somebody takes it out of work: it has only what nobody else can run. */
  readonly isDraining: boolean;
};

/** A lost member keeps its place for its lease (rules.md 26: 6 s), so that a reconnect moves nothing. */
export const LEASE_MS = 6_000;
/** Rows are announced ahead by this, so that every agent has its part before it is in force. */
export const ANNOUNCE_MS = 1_500;
/** No agent may bind its location's roster for longer than this by its goodbye. */
export const GOODBYE_AHEAD_MAX_MS = 10_000;

/**
 * The roster that should follow `members`, and from when; null when it should stay. Live agents are in at once,
 * absent ones out after their lease, those that said goodbye out right after their last slot. While
 * `mayAllReturn` (a coordinator just came up) nobody is out.
 *
 * An agent that is drained hands over by the next row, announced like any other, as soon as another one is live; until
 * then, and whenever nobody else is left, it is what the location has: draining costs no slot.
 */
export function nextRoster(
  members: readonly Member[], presences: readonly Presence[], now: { readonly nowMs: number; readonly mayAllReturn: boolean },
): { readonly members: readonly Member[]; readonly fromAtMs: number } | null {
  const known = new Map(presences.map((presence) => [presence.agentId, presence]));
  const hasSuccessor = presences.some((presence) => mayCome(presence) && !presence.isDraining);
  const staying = members.filter(({ agentId }) => staysIn(known.get(agentId), now) && !(hasSuccessor && known.get(agentId)?.isDraining));
  const coming = presences.filter((presence) => mayCome(presence) && !members.some(({ agentId }) => agentId === presence.agentId)
    && (!presence.isDraining || (!hasSuccessor && staying.length === 0)));
  const next = [...staying.map((member) => ({ ...member, weight: known.get(member.agentId)?.weight ?? member.weight })), ...coming.map(({ agentId, weight }) => ({ agentId, weight }))]
    .sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
  if (JSON.stringify(next) === JSON.stringify(sorted(members))) return null;
  // The last of a location leaves nobody to take over: its assignments stay its own until another one comes.
  if (next.length === 0) return null;
  const goodbyes = presences.flatMap(({ agentId, lastSlotMs }) => (lastSlotMs !== null && members.some((member) => member.agentId === agentId) ? [lastSlotMs + 1] : []));
  const fromAtMs = Math.max(Math.ceil(now.nowMs) + ANNOUNCE_MS, ...goodbyes);
  return { members: next, fromAtMs: Math.min(fromAtMs, Math.ceil(now.nowMs) + GOODBYE_AHEAD_MAX_MS) };
}

function mayCome({ isLive, lastSlotMs }: Presence): boolean {
  return isLive && lastSlotMs === null;
}

function staysIn(presence: Presence | undefined, { nowMs, mayAllReturn }: { nowMs: number; mayAllReturn: boolean }): boolean {
  if (!presence) return mayAllReturn;
  if (presence.lastSlotMs !== null) return false;
  if (presence.isLive || mayAllReturn) return true;
  return presence.absentSinceMs !== null && nowMs - presence.absentSinceMs < LEASE_MS;
}

function sorted(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => (a.agentId < b.agentId ? -1 : 1));
}

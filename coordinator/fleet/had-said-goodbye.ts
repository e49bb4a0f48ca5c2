/** A session of an agent in a location, from its opening to its end; ms since the epoch. */
export type SessionSpan = {
  readonly openedAtMs: number;
  /** null: it is open. */
  readonly closedAtMs: number | null;
  /** It said goodbye: what is due after this is someone else's. */
  readonly lastSlotMs: number | null;
};

/** By how much a goodbye may be older than the slots it explains: coordinators may have been away themselves since. */
export const GOODBYE_MATTERS_FOR_MS = 3_600_000;

/**
 * Was nobody there for a slot because the last one who had been there had said goodbye (`agent_down`), and not because
 * agents were lost without a word (`agent_lost`)? By the sessions of the slot's location.
 */
export function hadSaidGoodbye(sessions: readonly SessionSpan[], dueAtMs: number): boolean {
  const before = sessions.filter(({ openedAtMs }) => openedAtMs <= dueAtMs);
  if (before.length === 0) return false;
  const last = before.reduce((latest, session) => (endOf(session) > endOf(latest) ? session : latest));
  return endOf(last) < dueAtMs && last.lastSlotMs !== null;
}

function endOf({ closedAtMs, lastSlotMs }: SessionSpan): number {
  return Math.min(closedAtMs ?? Infinity, lastSlotMs ?? Infinity);
}

/** A session of an agent, by the process that opened it; ms since the epoch, by Postgres' clock. */
export type Opening = { readonly instanceId: string; readonly openedAtMs: number };

/** Copies that take the session from one another this often within this span are in conflict. */
export const DISPLACEMENTS_MIN = 3;
export const CONFLICT_WINDOW_MS = 300_000;
/** So long after the last displacement it counts as settled. */
export const CONFLICT_SETTLED_AFTER_MS = 600_000;

/**
 * Do two live copies of one agent (a cloned machine) displace each other? `openings` in their order, the newest last.
 * A process that restarts over and over changes the instance as well, but never comes back to an earlier one.
 */
export function isConflict(openings: readonly Opening[]): boolean {
  const newest = openings.at(-1);
  if (!newest) return false;
  const recent = openings.filter(({ openedAtMs }) => openedAtMs > newest.openedAtMs - CONFLICT_WINDOW_MS);
  const changes = recent.filter(({ instanceId }, index) => index > 0 && instanceId !== recent[index - 1]!.instanceId);
  const hasReturned = changes.some((change) => recent.indexOf(change) > recent.findIndex(({ instanceId }) => instanceId === change.instanceId));
  return changes.length >= DISPLACEMENTS_MIN && hasReturned;
}

/** A live session as the choice sees it. */
export type Candidate = { readonly agentId: string; readonly connectedAtMs: number };

/**
 * Which one agent of a location runs its assignments while the others stand by: the one that already does, for as
 * long as it lives, else the one connected longest (ties by id, so that every coordinator chooses alike). While
 * `holderMayReturn` (a coordinator just came up, or the holder's lease still runs) an absent holder keeps its place.
 */
export function chooseHolder(holder: string | null, candidates: readonly Candidate[], holderMayReturn: boolean): string | null {
  if (holder !== null && (holderMayReturn || candidates.some(({ agentId }) => agentId === holder))) return holder;
  const [first] = candidates.toSorted((a, b) => a.connectedAtMs - b.connectedAtMs || (a.agentId < b.agentId ? -1 : 1));
  return first?.agentId ?? null;
}

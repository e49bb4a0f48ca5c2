import type { CheckState } from './check-state.ts';

/** A state on the way, and the how manieth slot it was. */
export type Checkpoint = { readonly count: number; readonly state: CheckState };

/**
 * Where to begin again when a row comes late: states ever further apart, the older they are, so that a row that is n
 * slots late costs a fold of about 4 n, and a check keeps at most 14 of them.
 */
const SPACINGS = [4, 16, 64, 256, 1_024, 4_096, 16_384] as const;

/** Adds what a fold went through; `count` is the number of the slot before the first of `passed`. */
export function withCheckpoints(before: readonly Checkpoint[], passed: readonly CheckState[], count: number): readonly Checkpoint[] {
  const added = passed.flatMap((state, index) => ((count + index + 1) % SPACINGS[0] === 0 ? [{ count: count + index + 1, state }] : []));
  if (added.length === 0) return before;
  const all = [...before, ...added];
  const kept = new Set(SPACINGS.flatMap((spacing) => all.filter((checkpoint) => checkpoint.count % spacing === 0).slice(-2)));
  return all.filter((checkpoint) => kept.has(checkpoint));
}

/** Those from before a slot: its row changes everything after. In order; the last is where to begin. */
export function checkpointsBefore(checkpoints: readonly Checkpoint[], dueAtMs: number): readonly Checkpoint[] {
  return checkpoints.filter(({ state }) => state.throughMs < dueAtMs);
}

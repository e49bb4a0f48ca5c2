import type { GapReason } from '#shared/run/gap.ts';
import type { SpoolItem } from './spool.ts';

/** What goes first when there is no room: successes, then other results, then gaps; the oldest of each (F11). */
export const RANKS = [0, 1, 2] as const;
export type Rank = (typeof RANKS)[number];

export type DropReason = Extract<GapReason, 'spool_overflow' | 'disk_error'>;

export function rankOf(item: SpoolItem): Rank {
  if (item.kind === 'gap') return 2;
  return item.result.outcome === 'passed' ? 0 : 1;
}

/**
 * What stands in for an item that is dropped: the gap of its run, a tenth of its size. null when nothing is owed: an
 * attempt that was not the last one, a shot (outside completeness, rules.md 7), or a gap that has to go itself,
 * which the coordinator then closes.
 */
export function standIn(item: SpoolItem, reason: DropReason): SpoolItem | null {
  if (item.kind === 'gap') return null;
  const { runId, checkId, locationOwed, dueAtMs, isFinal, trigger } = item.result;
  if (!isFinal || trigger !== 'schedule') return null;
  return { kind: 'gap', gap: { runId, checkId, locationOwed, dueAtMs, reason } };
}

/** The share of the room that is made at once, so that a full spool does not make room anew for every item. */
export const ROOM_SHARE = 0.1;

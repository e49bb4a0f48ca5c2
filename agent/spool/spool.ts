import type { Gap } from '#shared/run/gap.ts';
import type { AttemptResult } from '#shared/run/result.ts';

export type SpoolItem =
  | { readonly kind: 'result'; readonly result: AttemptResult }
  | { readonly kind: 'gap'; readonly gap: Gap };

/**
 * Fresh results go live. What has waited for a minute, or was left by an earlier process, is backfill: a backlog
 * never makes today's results late.
 */
export const LANES = ['live', 'backfill'] as const;
export type Lane = (typeof LANES)[number];

export type SpoolRow = { readonly sequence: number; readonly item: SpoolItem };

/**
 * What an agent has seen and the coordinator has not yet acknowledged. An item is offered for sending only once it
 * is kept (on disk: committed, or refused by a disk that fails), and is forgotten only after its acknowledgement
 * (architecture.md, idea 4).
 *
 * Sequences count up by one for all items together, across restarts, those aside that no disk ever took. The lanes
 * are one border in that sequence: older than it is backfill, from it on is live; the border only moves up. An item
 * may be offered once in each lane; its key makes the second delivery harmless (rules.md 5).
 */
export type Spool = {
  /** UUID, random per spool; sequences mean something only together with it (rules.md 10). */
  readonly id: string;
  /** Takes an item, always; when full, the oldest success makes room and becomes a gap. Returns its sequence. */
  append(item: SpoolItem): number;
  /** What is kept in a lane after `afterSequence`, in order, at most `max`. */
  peek(lane: Lane, afterSequence: number, max: number): readonly SpoolRow[];
  /** Everything offered in this lane up to `sequence` is committed at the coordinator. */
  ackThrough(lane: Lane, sequence: number): void;
  /** Items not yet acknowledged. */
  depth(): number;
  /** Age of the oldest of them; 0 when there is none. `nowMs` is the local wall clock. */
  oldestAgeMs(nowMs: number): number;
  /** Calls back when there is something new to peek at; returns how to stop that. */
  onReady(callback: () => void): () => void;
  /** Another agent turned out to have this spool's id, too (a cloned disk): takes a new one (rules.md 10). */
  renewId(): void;
  /** Keeps what was appended and lets go of the disk. Nothing may be called afterwards. */
  close(): void;
};

/** What the operator should hear of. Nothing here stops the agent. */
export type SpoolTrouble =
  | { readonly kind: 'corrupt'; readonly movedTo: string; readonly error: unknown }
  | { readonly kind: 'commit_failed'; readonly error: unknown }
  /** The disk takes what it is given, after a time in which it did not. */
  | { readonly kind: 'recovered' }
  | { readonly kind: 'read_failed'; readonly error: unknown }
  | { readonly kind: 'unreadable'; readonly sequence: number; readonly error: unknown }
  | { readonly kind: 'overflow'; readonly dropped: number };

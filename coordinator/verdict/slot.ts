import type { GapReason } from '#shared/run/gap.ts';
import type { Outcome } from '#shared/run/result.ts';
import type { Strategy } from '#shared/schedule/epoch.ts';

/** What of a final result matters to judging and to the words of a notice. */
export type RunFacts = {
  readonly runId: string;
  readonly outcome: Outcome;
  /** Owed it, and executed its last attempt; UUIDs. */
  readonly locationId: string;
  readonly executedIn: string;
  readonly startedAtMs: number;
  readonly responseTimeMs: number;
  readonly attempts: number;
  readonly failure: { readonly phase: string; readonly code: string; readonly message: string } | null;
};

/** What is known of the run that one location owes at a slot. */
export type SlotRun =
  | { readonly kind: 'final'; readonly locationId: string; readonly facts: RunFacts;
      /** The agent was cut off itself: kept, and no verdict (rules.md 22). */
      readonly isImpaired: boolean }
  | { readonly kind: 'gap'; readonly locationId: string; readonly reason: GapReason }
  /** Attempts, none of them the last. */
  | { readonly kind: 'begun'; readonly locationId: string }
  /** It failed, and is being tried again in another location: until then. */
  | { readonly kind: 'retrying'; readonly locationId: string; readonly untilMs: number }
  | { readonly kind: 'silent'; readonly locationId: string };

/** One due instant of a check, with a run for every location that owes it. */
export type Slot = {
  readonly dueAtMs: number;
  readonly strategy: Strategy;
  readonly runs: readonly SlotRun[];
};

export type SlotStatus =
  | 'passing' | 'degraded' | 'failing'
  /** Owed, and nobody saw the target. */
  | 'unseen'
  /** Not to be looked at: paused, or the run before was still looking. */
  | 'skipped'
  /** It failed, and another location saw that it did not. */
  | 'refuted';

export type SlotVerdict = {
  readonly dueAtMs: number;
  readonly status: SlotStatus;
  /** Has every location said its word, or lost its chance to? */
  readonly isComplete: boolean;
  readonly runs: readonly SlotRun[];
  /** The run that stands for the slot: of the worst outcome. null when nobody saw anything. */
  readonly deciding: RunFacts | null;
  /** Locations that saw it fail, and how many delivered a verdict. */
  readonly failingIn: readonly string[];
  readonly seenBy: number;
};

import type { GapReason } from '#shared/run/gap.ts';
import { STRAGGLER_MS, type Policy } from './policy.ts';
import type { RunFacts, Slot, SlotRun, SlotStatus, SlotVerdict } from './slot.ts';

export type SlotDecision =
  | { readonly kind: 'decided'; readonly verdict: SlotVerdict }
  /** Nothing can be said before a row comes, or this instant. */
  | { readonly kind: 'open'; readonly untilMs: number };

/**
 * What a slot says about the check (rules.md 6, 20). Over the locations that owed it and delivered a verdict; decided
 * once no straggler can change it, or when every location that is still silent has lost its chance: `dueAt` + deadline
 * + 10 s, where the deadline is that of an attempt until one has come, and of the whole run from then on.
 */
export function decideSlot(slot: Slot, policy: Policy, nowMs: number): SlotDecision {
  const open = slot.runs.filter((run) => deadlineOf(run, slot, policy) > nowMs);
  const seen = slot.runs.flatMap((run) => (hasVerdict(run) ? [run.facts] : []));
  const status = statusOf(slot, seen, open.length, policy);
  if (status === null) return { kind: 'open', untilMs: Math.min(...open.map((run) => deadlineOf(run, slot, policy))) };
  return { kind: 'decided', verdict: {
    dueAtMs: slot.dueAtMs, status, isComplete: open.length === 0, runs: slot.runs, deciding: worstOf(seen),
    failingIn: seen.filter(({ outcome }) => outcome === 'failed').map(({ locationId }) => locationId), seenBy: seen.length,
  } };
}

/** Until when a run may still say something; −∞ once it has. */
function deadlineOf(run: SlotRun, { dueAtMs }: Slot, policy: Policy): number {
  switch (run.kind) {
    case 'final': case 'gap': return -Infinity;
    case 'retrying': return run.untilMs;
    case 'silent': return dueAtMs + policy.attemptMs + STRAGGLER_MS;
    case 'begun': return dueAtMs + policy.runMs + STRAGGLER_MS;
  }
}

/** null: a run that is still open may change it. */
function statusOf(slot: Slot, seen: readonly RunFacts[], open: number, policy: Policy): SlotStatus | null {
  const failing = seen.filter(({ outcome }) => outcome === 'failed').length;
  const isDegraded = seen.some(({ outcome }) => outcome === 'degraded');
  const percentage = slot.strategy === 'parallel' && slot.runs.length > 1 ? policy.failingPercentage : null;
  const fails = (count: number, of: number): boolean => (percentage === null ? count > 0 : of > 0 && count * 100 >= percentage * of);
  if (fails(failing, seen.length + open)) return 'failing';
  if (open > 0) return isDegraded && !fails(failing + open, seen.length + open) ? 'degraded' : null;
  if (isDegraded) return 'degraded';
  if (seen.length > 0) return 'passing';
  if (slot.runs.every((run) => run.kind === 'gap' && SKIPPED.has(run.reason))) return 'skipped';
  return policy.whenUnseen === 'failing' ? 'failing' : 'unseen';
}

function hasVerdict(run: SlotRun): run is Extract<SlotRun, { kind: 'final' }> {
  return run.kind === 'final' && !run.isImpaired && isVerdict(run.facts.outcome);
}

/** The other outcomes say nothing about the target (rules.md 6). */
export function isVerdict(outcome: RunFacts['outcome']): outcome is 'passed' | 'degraded' | 'failed' {
  return outcome === 'passed' || outcome === 'degraded' || outcome === 'failed';
}

const SKIPPED: ReadonlySet<GapReason> = new Set(['paused', 'maintenance', 'previous_still_running']);

const SEVERITY: Readonly<Record<RunFacts['outcome'], number>> = { failed: 2, degraded: 1, passed: 0, agent_fault: -1, egress_denied: -1 };

/** Of several equal ones the first in the order of the check. */
function worstOf(seen: readonly RunFacts[]): RunFacts | null {
  return seen.reduce<RunFacts | null>((worst, run) => (worst === null || SEVERITY[run.outcome] > SEVERITY[worst.outcome] ? run : worst), null);
}

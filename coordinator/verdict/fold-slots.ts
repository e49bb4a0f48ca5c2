import { fold, NEW_STATE, type CheckState } from './check-state.ts';
import { decideSlot } from './decide-slot.ts';
import type { Policy } from './policy.ts';
import type { RunFacts, Slot, SlotVerdict } from './slot.ts';

/** What another location said when it was asked about a failure. Silence confirms: a missed alert is worse (I5). */
export type Confirmation =
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'confirmed' | 'refuted' };

export type FoldInput = {
  /** Where the fold begins; `slots` are those after it. */
  readonly from: CheckState;
  /** In order of `dueAtMs`. */
  readonly slots: Iterable<Slot>;
  readonly policy: Policy;
  /** The locations the check has now. */
  readonly chosen: ReadonlySet<string>;
  /** By the slot's `dueAtMs`. */
  readonly confirmations: ReadonlyMap<number, Confirmation>;
  /** Slots up to here were judged once: nobody is asked about them any more. */
  readonly judgedThroughMs: number;
  readonly nowMs: number;
  /** When the check was activated again: what was known before it counts no more. In order. */
  readonly startsMs: readonly number[];
};

export type Folded = {
  /** After the last slot about which nothing more will be heard in time: where the next fold may begin. */
  readonly base: CheckState;
  /** The states that `base` went through, to begin from when a row comes late. */
  readonly passed: readonly CheckState[];
  /** After the last decided slot. */
  readonly head: CheckState;
  /** The slot behind the head waits for a row, until then; null: it has not come up yet. */
  readonly openUntilMs: number | null;
  /** A failure that another location is to be asked about. */
  readonly wantsConfirmation: { readonly dueAtMs: number; readonly run: RunFacts } | null;
};

/** Judges slots in their order as far as they can be decided (rules.md 19, 20). */
export function foldSlots(input: FoldInput): Folded {
  let head = input.from;
  let base = input.from;
  const passed: CheckState[] = [];
  let allComplete = true;
  // A start that is announced counts as well: whoever switched it on does not want to hear of before.
  const over = (end: Omit<Folded, 'base' | 'passed' | 'head'>): Folded => ({ base, passed, head: begunAnew(head, input.startsMs, Infinity), ...end });
  for (const slot of input.slots) {
    head = begunAnew(head, input.startsMs, slot.dueAtMs);
    const decision = decideSlot(slot, input.policy, input.nowMs);
    if (decision.kind === 'open') return over({ openUntilMs: decision.untilMs, wantsConfirmation: null });
    const confirmed = confirm(decision.verdict, head, input);
    if (confirmed.kind === 'wait') return over({ openUntilMs: confirmed.untilMs, wantsConfirmation: confirmed.ask });
    head = fold(head, confirmed.verdict, input.policy, input.chosen);
    allComplete &&= decision.verdict.isComplete;
    if (allComplete) {
      base = head;
      passed.push(head);
    }
  }
  return over({ openUntilMs: null, wantsConfirmation: null });
}

/** A check that was switched off and on again begins anew: neither its streaks nor its standing reach over that. */
function begunAnew(state: CheckState, startsMs: readonly number[], untilMs: number): CheckState {
  return startsMs.some((startMs) => state.throughMs < startMs && startMs <= untilMs) ? { ...NEW_STATE, throughMs: state.throughMs } : state;
}

type Confirmed =
  | { readonly kind: 'go'; readonly verdict: SlotVerdict }
  | { readonly kind: 'wait'; readonly untilMs: number | null; readonly ask: Folded['wantsConfirmation'] };

/** A failure seen from one location alone is asked about before it turns the check; what two saw needs no third. */
function confirm(verdict: SlotVerdict, state: CheckState, input: FoldInput): Confirmed {
  const isDoubtful = verdict.status === 'failing' && state.standing !== 'failing' && verdict.failingIn.length === 1;
  if (!isDoubtful || verdict.deciding === null) return { kind: 'go', verdict };
  const answer = input.confirmations.get(verdict.dueAtMs);
  // What was asked once stays answered, also when the check has one location now, or asks none any more.
  if (answer === undefined && !input.policy.confirms) return { kind: 'go', verdict };
  switch (answer?.kind) {
    case 'confirmed': return { kind: 'go', verdict };
    case 'refuted': return { kind: 'go', verdict: { ...verdict, status: 'refuted' } };
    case 'waiting': return { kind: 'wait', untilMs: answer.untilMs, ask: null };
    case undefined:
      if (verdict.dueAtMs <= input.judgedThroughMs) return { kind: 'go', verdict };
      return { kind: 'wait', untilMs: null, ask: { dueAtMs: verdict.dueAtMs, run: verdict.deciding } };
  }
}

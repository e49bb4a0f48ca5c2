import type { Trouble } from './answer.ts';

/** What the control name said, and when (µs, monotonic). */
export type ControlEvidence = { readonly isAnswered: boolean; readonly atUs: number };

/** How long the control name's answer counts for other lookups. */
export const CONTROL_VALID_US = 2_000_000;

export type TroubleFacts = {
  readonly trouble: Trouble;
  /** The check named the server itself. */
  readonly isChecksServer: boolean;
  /** Time the question was out, and time the lookup had at all, in ms. */
  readonly askedMs: number;
  readonly timeoutMs: number;
  /** null: nobody has asked the control name, or too long ago. */
  readonly control: ControlEvidence | null;
  /** The question was asked again after the control name had been answered. */
  readonly isAskedAgain: boolean;
};

/** `askControl`: cannot be told without the control name. `askAgain`: the resolver is back. */
export type Blame = 'target' | 'resolver' | 'overload' | 'askControl' | 'askAgain';

/**
 * Whose trouble is it (rules.md 16)? The check's own server is the target's; the agent's own resolver is the
 * agent's only if a control name fails too. Silence after a question was out for less than half of its time
 * proves nothing about any server: it waited too long for its turn here.
 */
export function blame(facts: TroubleFacts): Blame {
  if (facts.trouble === 'timeout' && facts.askedMs < facts.timeoutMs / 2) return 'overload';
  if (facts.isChecksServer) return 'target';
  if (!facts.control) return 'askControl';
  if (!facts.control.isAnswered) return 'resolver';
  // Nobody listened at the agent's own resolver, and now somebody does: that was a restart, and no word about any name.
  if (facts.trouble === 'unreachable') return facts.isAskedAgain ? 'resolver' : 'askAgain';
  return 'target';
}

export function isFresh(evidence: ControlEvidence, nowUs: number): boolean {
  return nowUs - evidence.atUs <= CONTROL_VALID_US;
}

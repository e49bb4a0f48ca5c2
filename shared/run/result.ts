import type { Failure } from './failure.ts';
import type { ProbeReport } from './report.ts';

export const OUTCOMES = ['passed', 'degraded', 'failed', 'agent_fault', 'egress_denied'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const TRIGGERS = ['schedule', 'deploy', 'manual', 'confirm', 'retry'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** One assertion, judged. The assertion itself is found in the check at the result's revision, by index. */
export type AssertionResult = {
  readonly passed: boolean;
  /** What was compared, as text; at most 300 characters. */
  readonly actual: string;
  /** Why it failed, in words; null when it passed. */
  readonly error: string | null;
};

/** A report and what it means: the outcome of one attempt (rules.md 6, 11–17). */
export type Judgement = {
  readonly outcome: Outcome;
  /** The report's failure, or that of judging it; null when passed or degraded. A pass by `shouldFail` keeps the connection's failure. */
  readonly failure: Failure | null;
  readonly overMaxResponseTime: boolean;
  readonly assertions: readonly AssertionResult[];
};

/** Which run, of what, by whom, when: the identity of an attempt (rules.md 5). */
export type RunIdentity = {
  /** UUID; derived for a scheduled run, random for a shot. */
  readonly runId: string;
  readonly checkId: string;
  readonly checkRevision: number;
  /** Location that owed the run, and the one that executed the attempt. UUIDs. */
  readonly locationOwed: string;
  readonly locationExecuted: string;
  readonly trigger: Trigger;
  /** ms since the epoch: the slot, or for a shot when it was ordered. */
  readonly dueAtMs: number;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly isFinal: boolean;
};

/** How far the times can be trusted. */
export type Honesty = {
  /** Wall clock of the agent, corrected by its known offset; ms with decimals. */
  readonly startedAtMs: number;
  /** Real start after the due instant; 0 for a shot. */
  readonly latenessUs: number;
  /** Agent's clock minus coordinator's, and how wrong that may be. */
  readonly clockOffsetUs: number;
  readonly clockErrorUs: number;
};

/** One attempt as delivered and stored. */
export type AttemptResult = RunIdentity & Honesty & Judgement & { readonly report: ProbeReport };

import type { RetryStrategy } from '../check/check.ts';
import type { Turns } from '../schedule/turns.ts';
import type { ProbeSpec } from './probe-spec.ts';
import type { Trigger } from './result.ts';

/** A check at a revision and the turns one location has: what an agent holds and runs by itself. */
export type Assignment = {
  /** `${checkId}` within one location's set. */
  readonly checkId: string;
  readonly accountId: string;
  readonly revision: number;
  readonly spec: ProbeSpec;
  readonly retry: RetryStrategy | null;
  /** In order of `fromAtMs`; the last may be open-ended. */
  readonly turns: readonly Turns[];
  /** Given by the coordinator; the content hash of a whole set is made of these (rules.md 27). */
  readonly digest: string;
  /** Features an agent must have to run it; left out: none. */
  readonly needs?: readonly string[];
};

/** A single run outside the schedule. */
export type Shot = {
  readonly runId: string;
  readonly checkId: string;
  readonly revision: number;
  readonly trigger: Exclude<Trigger, 'schedule'>;
  readonly orderedAtMs: number;
  /** After this the answer is of no use to anybody. */
  readonly deadlineMs: number;
  /** A run of an unsaved definition: answered on the session, neither stored nor metered (rules.md 7). */
  readonly isUnsaved: boolean;
  readonly spec: ProbeSpec;
};

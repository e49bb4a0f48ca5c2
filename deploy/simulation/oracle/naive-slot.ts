import type { AlertSettings, Check } from '#shared/check/check.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';
import type { Outcome, Trigger } from '#shared/run/result.ts';

/** One attempt as it is stored. */
export type SeenRun = {
  readonly runId: string;
  readonly attempt: number;
  readonly isFinal: boolean;
  readonly isSurplus: boolean;
  readonly trigger: Trigger;
  readonly outcome: Outcome;
  readonly dueAtMs: number;
  readonly locationOwed: string;
  readonly locationExecuted: string;
  readonly agentId: string;
  readonly startedAtMs: number;
  readonly totalUs: number;
  readonly failure: { readonly phase: string; readonly code: string } | null;
};

export type SlotStatus = 'passing' | 'degraded' | 'failing' | 'unseen' | 'skipped';

/** What was said of one slot by one location. */
export type Word = {
  readonly results: Map<number, SeenRun>;
  gap: string | null;
  /** It spoke for the first time when the slot had been judged without it, and not to the end. */
  hasBegunLate: boolean;
};
export const NO_WORD = { gap: null, hasBegunLate: false } as const satisfies Partial<Word>;

export type NaiveSlot = {
  readonly dueAtMs: number; readonly owners: readonly string[]; readonly isParallel: boolean;
  /** No slot of the schedule, but the end of a pause, after which somebody looks at once (rules.md 23). */
  readonly isLook: boolean;
};

export type SlotRules = {
  readonly check: Check;
  readonly settings: AlertSettings;
  /** Was the agent that saw this cut off itself? */
  readonly isImpaired: (run: SeenRun) => boolean;
  /** Until when a failed run may still be tried again; null: it is not. */
  readonly retriesUntilMs: (run: SeenRun, slot: NaiveSlot) => number | null;
  /** Until when who has not spoken may; left out: as long as its run may last (rules.md 20). */
  readonly silentUntilMs?: (owner: string) => number;
  /** Is who began late still waited for? An attempt that another one follows has nobody look at a slot anew; what else does, finds it. */
  readonly waitsForLate: boolean;
};

export type SlotView = {
  /** null: what is still to come may change it. */
  readonly status: SlotStatus | null;
  /** Has everybody said the last word, or lost the chance to long ago? */
  readonly isSettled: boolean;
  /** By location, of those that gave a verdict; in the order of the slot. */
  readonly verdicts: ReadonlyMap<string, 'passed' | 'degraded' | 'failed'>;
  /** Final ones, verdict or not. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly failed: SeenRun | null;
};

/** For the way from the agent (rules.md 20). */
const ON_ITS_WAY_MS = 10_000;
/** No two clocks disagree about it. */
const LONG_OVER_MS = 30_000;
const NOT_TO_BE_SEEN: ReadonlySet<string> = new Set(['paused', 'maintenance', 'previous_still_running']);

/** What can be said of a slot (rules.md 6, 20): by trying everything that those who have not spoken may still say. */
export function viewSlot(slot: NaiveSlot, words: ReadonlyMap<string, Word>, rules: SlotRules, nowMs: number): SlotView {
  const verdicts = new Map<string, 'passed' | 'degraded' | 'failed'>();
  const outcomes = new Map<string, Outcome>();
  const choices: (readonly (Outcome | null)[])[] = [];
  let [isSettled, isSkipped] = [true, true];
  let failed: SeenRun | null = null;
  for (const owner of slot.owners) {
    const word = words.get(owner);
    const final = word ? finalOf(word) : null;
    const isGap = final === null && word?.gap != null;
    if (!isGap || !NOT_TO_BE_SEEN.has(word!.gap!)) isSkipped = false;
    if (final === null) {
      const lastsUntil = (lastsMs: number): number => rules.silentUntilMs?.(owner) ?? slot.dueAtMs + ON_ITS_WAY_MS + lastsMs;
      const runUntilMs = lastsUntil(longestMs(word, rules.check));
      const untilMs = word?.hasBegunLate && !rules.waitsForLate ? lastsUntil(rules.check.maxResponseTime) : runUntilMs;
      isSettled &&= isGap || runUntilMs + LONG_OVER_MS < nowMs;
      choices.push(!isGap && untilMs > nowMs ? ANYTHING : [null]);
      continue;
    }
    const { outcome } = final;
    const untilMs = rules.retriesUntilMs(final, slot);
    if (untilMs !== null && untilMs > nowMs) {
      isSettled = false;
      choices.push(ANYTHING);
      continue;
    }
    outcomes.set(owner, outcome);
    const isVerdict = !rules.isImpaired(final) && (outcome === 'passed' || outcome === 'degraded' || outcome === 'failed');
    choices.push([isVerdict ? outcome : null]);
    if (!isVerdict) continue;
    verdicts.set(owner, outcome);
    if (outcome === 'failed') failed ??= final;
  }
  const possible = new Set(combinations(choices).map((seen) => statusOf(seen, slot, isSkipped, rules)));
  return { status: possible.size === 1 ? [...possible][0]! : null, isSettled, verdicts, outcomes, failed };
}

function longestMs(word: Word | undefined, check: Check): number {
  return word && word.results.size > 0 ? runBudgetMs(retryStrategyOf(check), check.maxResponseTime) : check.maxResponseTime;
}

const ANYTHING = ['passed', 'degraded', 'failed', null] as const;

/** The attempt that ended the run; of several the last. */
function finalOf({ results }: Word): SeenRun | null {
  let last: SeenRun | null = null;
  for (const run of results.values()) if (run.isFinal && (last === null || run.attempt > last.attempt)) last = run;
  return last;
}

function combinations(choices: readonly (readonly (Outcome | null)[])[]): readonly (readonly (Outcome | null)[])[] {
  return choices.reduce<readonly (readonly (Outcome | null)[])[]>((all, some) => all.flatMap((one) => some.map((next) => [...one, next])), [[]]);
}

function statusOf(outcomes: readonly (Outcome | null)[], { owners, isParallel }: NaiveSlot, isSkipped: boolean, { check, settings }: SlotRules): SlotStatus {
  const seen = outcomes.filter((outcome) => outcome !== null);
  const failed = seen.filter((outcome) => outcome === 'failed').length;
  const { enabled, percentage } = settings.parallelRunFailureThreshold;
  const share = enabled && isParallel && owners.length > 1 ? percentage / 100 : 0;
  if (failed > 0 && failed / seen.length >= share) return 'failing';
  if (seen.includes('degraded')) return 'degraded';
  // Fewer fail than count as a failure.
  if (seen.length > 0) return 'passing';
  if (isSkipped) return 'skipped';
  return check.whenUnseen === 'failing' ? 'failing' : 'unseen';
}

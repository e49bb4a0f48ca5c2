/**
 * How a check stands: a pure fold over its slots in `dueAt` order (rules.md 21, I7). What comes when does not matter,
 * only what was due when.
 *
 * `standing` is passing, degraded or failing from the slots with a verdict. It goes passing ⇄ degraded ⇄ failing with
 * every verdict, except that failing ends only after `recoveryPasses` passing slots in a row. Slots that nobody saw
 * leave it as it is; when they go on for a minute, the check has no data until the next verdict.
 */
import { isVerdict } from './decide-slot.ts';
import type { Policy } from './policy.ts';
import type { RunFacts, SlotRun, SlotVerdict } from './slot.ts';

export type Standing = 'passing' | 'degraded' | 'failing';
export type CheckStatus = Standing | 'noData';

export type CheckState = {
  /** The last slot that was folded in; −1 before the first. */
  readonly throughMs: number;
  /** null: nothing was ever seen. */
  readonly standing: Standing | null;
  /** `dueAt` of the slot with which it began. */
  readonly sinceMs: number;
  /** Slots in a row, up to the last verdict, that say so; a pass on the way to recovery begins again at 0. */
  readonly streak: number;
  /** Passing slots in a row while failing. */
  readonly passes: number;
  /** Has the streak been long enough for the policy, once since `sinceMs`? */
  readonly isEscalated: boolean;
  /** The standing before, and since when it had been. */
  readonly before: { readonly standing: Standing; readonly sinceMs: number } | null;
  readonly lastVerdictMs: number | null;
  /** The first of the slots that nobody saw since the last verdict. */
  readonly unseenSinceMs: number | null;
  /** What the standing rests on: the worst run of the newest slot that said so. */
  readonly evidence: Evidence | null;
  /** The newest run that the agent's policy refused to dial, until one is dialled. */
  readonly denied: RunFacts | null;
  /** By id; only locations that ever delivered or owed something and are still chosen. */
  readonly locations: Readonly<Record<string, LocationState>>;
};

export type Evidence = {
  readonly dueAtMs: number;
  readonly run: RunFacts | null;
  readonly failingIn: readonly string[];
  readonly seenBy: number;
};

/** How a check stands as seen from one location: the same fold over that location's own runs. */
export type LocationState = {
  readonly standing: Standing | null;
  readonly sinceMs: number;
  readonly streak: number;
  readonly lastVerdictMs: number | null;
  readonly unseenSinceMs: number | null;
  readonly throughMs: number;
};

export const NEW_STATE: CheckState = {
  throughMs: -1, standing: null, sinceMs: -1, streak: 0, passes: 0, isEscalated: false, before: null, lastVerdictMs: null, unseenSinceMs: null,
  evidence: null, denied: null, locations: {},
};

/** Unseen for this long is no data; with slots further apart than that, the first unseen one is. */
export const UNSEEN_AFTER_MS = 60_000;
/** Long streaks are all alike. */
const STREAK_MAX = 1_000_000;

/** The status at the last folded slot, and since when. */
export function statusOf(state: Pick<CheckState, 'standing' | 'sinceMs' | 'lastVerdictMs' | 'unseenSinceMs' | 'throughMs'>): { readonly status: CheckStatus; readonly sinceMs: number | null } {
  const { standing, unseenSinceMs, lastVerdictMs, throughMs } = state;
  if (standing === null || lastVerdictMs === null) return { status: 'noData', sinceMs: unseenSinceMs };
  const isUnseen = unseenSinceMs !== null && throughMs - lastVerdictMs >= UNSEEN_AFTER_MS;
  return isUnseen ? { status: 'noData', sinceMs: unseenSinceMs } : { status: standing, sinceMs: state.sinceMs };
}

/** Folds one slot in; it is due after all that were folded before. `chosen`: the locations the check has now. */
export function fold(state: CheckState, verdict: SlotVerdict, policy: Policy, chosen: ReadonlySet<string>): CheckState {
  const common = {
    ...state, throughMs: verdict.dueAtMs, denied: deniedAfter(state.denied, verdict.runs),
    locations: foldLocations(state.locations, verdict, chosen),
  };
  switch (verdict.status) {
    case 'skipped': return common;
    case 'refuted': return { ...common, lastVerdictMs: verdict.dueAtMs, unseenSinceMs: null };
    case 'unseen': return { ...common, unseenSinceMs: state.unseenSinceMs ?? verdict.dueAtMs };
    case 'passing': case 'degraded': case 'failing': return stand(common, verdict, verdict.status, policy);
  }
}

function stand(state: CheckState, verdict: SlotVerdict, standing: Standing, policy: Policy): CheckState {
  const seen = { ...state, lastVerdictMs: verdict.dueAtMs, unseenSinceMs: null };
  if (state.standing === 'failing' && standing === 'passing' && state.passes + 1 < policy.recoveryPasses) {
    return { ...seen, passes: state.passes + 1, streak: 0 };
  }
  const evidence = { dueAtMs: verdict.dueAtMs, run: verdict.deciding, failingIn: verdict.failingIn, seenBy: verdict.seenBy };
  const goesOn = state.standing === standing;
  const streak = goesOn ? Math.min(state.streak + 1, STREAK_MAX) : 1;
  const isLongEnough = policy.escalation.kind === 'runs' && streak >= policy.escalation.runs;
  return {
    ...seen, standing, streak, evidence, passes: 0,
    sinceMs: goesOn ? state.sinceMs : verdict.dueAtMs,
    isEscalated: standing !== 'passing' && (isLongEnough || (goesOn && state.isEscalated)),
    before: goesOn || state.standing === null ? state.before : { standing: state.standing, sinceMs: state.sinceMs },
  };
}

function foldLocations(
  before: CheckState['locations'], verdict: SlotVerdict, chosen: ReadonlySet<string>,
): CheckState['locations'] {
  const kept = Object.entries(before).filter(([id]) => chosen.has(id));
  const folded = verdict.runs.filter(({ locationId }) => chosen.has(locationId))
    .map((run) => [run.locationId, foldLocation(before[run.locationId], run, verdict.dueAtMs)] as const);
  return Object.fromEntries([...kept, ...folded]);
}

const NEW_LOCATION: LocationState = { standing: null, sinceMs: -1, streak: 0, lastVerdictMs: null, unseenSinceMs: null, throughMs: -1 };

function foldLocation(state: LocationState = NEW_LOCATION, run: SlotRun, dueAtMs: number): LocationState {
  const standing = run.kind === 'final' && !run.isImpaired && isVerdict(run.facts.outcome) ? STANDINGS[run.facts.outcome] : null;
  if (standing === null) {
    const isSkipped = run.kind === 'gap' && (run.reason === 'paused' || run.reason === 'maintenance' || run.reason === 'previous_still_running');
    return isSkipped ? { ...state, throughMs: dueAtMs } : { ...state, throughMs: dueAtMs, unseenSinceMs: state.unseenSinceMs ?? dueAtMs };
  }
  const goesOn = state.standing === standing;
  return {
    standing, sinceMs: goesOn ? state.sinceMs : dueAtMs, streak: goesOn ? Math.min(state.streak + 1, STREAK_MAX) : 1,
    lastVerdictMs: dueAtMs, unseenSinceMs: null, throughMs: dueAtMs,
  };
}

const STANDINGS = { passed: 'passing', degraded: 'degraded', failed: 'failing' } as const;

function deniedAfter(before: RunFacts | null, runs: readonly SlotRun[]): RunFacts | null {
  const finals = runs.flatMap((run) => (run.kind === 'final' ? [run.facts] : []));
  const denied = finals.find(({ outcome }) => outcome === 'egress_denied');
  if (denied) return denied;
  return finals.some(({ outcome, locationId }) => isVerdict(outcome) && locationId === before?.locationId) ? null : before;
}

import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { CheckState } from '#coordinator/verdict/check-state.ts';
import type { SlotStatus, SlotView } from './naive-slot.ts';

export type Standing = 'passing' | 'degraded' | 'failing';
export type Level = 'none' | 'degraded' | 'failure';

/** How a check stands after one of its slots. */
export type NaiveState = {
  readonly throughMs: number;
  readonly standing: Standing | null;
  readonly sinceMs: number;
  readonly streak: number;
  readonly passes: number;
  readonly isEscalated: boolean;
  readonly before: Standing | null;
  readonly lastVerdictMs: number | null;
  readonly unseenSinceMs: number | null;
  /** Failing runs in a row as each location sees it. */
  readonly failingRuns: Readonly<Record<string, number>>;
  /** Where an agent refused to dial the target, and has not dialled it since. */
  readonly deniedIn: string | null;
};

export const NOTHING: NaiveState = {
  throughMs: -1, standing: null, sinceMs: -1, streak: 0, passes: 0, isEscalated: false, before: null, lastVerdictMs: null, unseenSinceMs: null, failingRuns: {}, deniedIn: null,
};

const NO_DATA_AFTER_MS = 60_000;

/** rules.md 6, 21, slot after slot. `refuted`: another location saw that it does not fail. */
export function after(state: NaiveState, dueAtMs: number, status: SlotStatus | 'refuted', view: SlotView, settings: AlertSettings): NaiveState {
  const noted = { ...state, throughMs: dueAtMs, ...seenFrom(state, view) };
  if (status === 'skipped') return noted;
  if (status === 'unseen') return { ...noted, unseenSinceMs: state.unseenSinceMs ?? dueAtMs };
  const seen = { ...noted, lastVerdictMs: dueAtMs, unseenSinceMs: null };
  if (status === 'refuted') return seen;
  if (state.standing === 'failing' && status === 'passing') {
    const passes = state.passes + 1;
    if (passes < settings.recoveryPassThreshold) return { ...seen, passes, streak: 0 };
  }
  const isNew = state.standing !== status;
  const streak = isNew ? 1 : state.streak + 1;
  const isLongEnough = settings.escalationType === 'RUN_BASED' && streak >= settings.runBasedEscalation.failedRunThreshold;
  return {
    ...seen, standing: status, passes: 0, streak, sinceMs: isNew ? dueAtMs : state.sinceMs,
    isEscalated: status !== 'passing' && ((!isNew && state.isEscalated) || isLongEnough), before: isNew ? state.standing : state.before,
  };
}

function seenFrom(state: NaiveState, { verdicts, outcomes }: SlotView): Pick<NaiveState, 'failingRuns' | 'deniedIn'> {
  const failingRuns = { ...state.failingRuns };
  for (const [location, verdict] of verdicts) failingRuns[location] = verdict === 'failed' ? (failingRuns[location] ?? 0) + 1 : 0;
  const refusing = [...outcomes].find(([, outcome]) => outcome === 'egress_denied');
  const own = state.deniedIn === null ? undefined : outcomes.get(state.deniedIn);
  const isDialled = own === 'passed' || own === 'degraded' || own === 'failed';
  return { failingRuns, deniedIn: refusing ? refusing[0] : isDialled ? null : state.deniedIn };
}

/** Has nobody seen the target for so long that this is all there is to say? Since when: null: it has data. */
export function noDataSince(state: Pick<NaiveState, 'standing' | 'lastVerdictMs' | 'unseenSinceMs' | 'throughMs'>): { readonly sinceMs: number | null } | null {
  if (state.standing === null || state.lastVerdictMs === null) return { sinceMs: state.unseenSinceMs };
  return state.unseenSinceMs !== null && state.throughMs - state.lastVerdictMs >= NO_DATA_AFTER_MS ? { sinceMs: state.unseenSinceMs } : null;
}

/** The same of what the real judge says; where only it can know. */
export function stateOfHead(head: CheckState): NaiveState {
  const { throughMs, standing, sinceMs, streak, passes, isEscalated, before, lastVerdictMs, unseenSinceMs, denied, locations } = head;
  return {
    throughMs, standing, sinceMs, streak, passes, isEscalated, before: before?.standing ?? null, lastVerdictMs, unseenSinceMs, deniedIn: denied?.locationId ?? null,
    failingRuns: Object.fromEntries(Object.entries(locations).map(([id, location]) => [id, location.standing === 'failing' ? location.streak : 0])),
  };
}

/** What receivers are to believe (checkly-api.md §4.1); a location that sees enough failing runs in a row is reason enough (rules.md 20). */
export function levelOf(state: NaiveState, nowMs: number, { check, settings, chosen }: { readonly check: Check; readonly settings: AlertSettings; readonly chosen: readonly string[] }): Level {
  const limit = check.perLocationFailedRuns;
  if (limit !== null && chosen.some((location) => (state.failingRuns[location] ?? 0) >= limit)) return 'failure';
  const { standing, before, isEscalated, sinceMs } = state;
  if (standing === null || standing === 'passing') return 'none';
  const isOtherTrouble = before !== null && before !== 'passing';
  const isOld = settings.escalationType === 'TIME_BASED' && nowMs >= sinceMs + settings.timeBasedEscalation.minutesFailingThreshold * 60_000;
  if (!isOtherTrouble && !isEscalated && !isOld) return 'none';
  return standing === 'failing' ? 'failure' : 'degraded';
}

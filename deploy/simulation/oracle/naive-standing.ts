import type { Check } from '#shared/check/check.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';
import type { HistoryEntry } from '../world.ts';
import type { NaiveSchedule } from './naive-schedule.ts';

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
};

type Result = Extract<HistoryEntry, { kind: 'result' }>['row']['result'];
type Outcome = Result['outcome'];
/** Of a row that was stored, or of a gap that a result replaced, what a history is made of. */
export type Heard =
  | { readonly kind: 'result'; readonly row: { readonly isSurplus: boolean; readonly result: Pick<Result, 'trigger' | 'dueAtMs' | 'locationOwed' | 'outcome' | 'isFinal'> } }
  | { readonly kind: 'gap' | 'gap_replaced'; readonly row: { readonly gap: { readonly dueAtMs: number; readonly locationOwed: string; readonly reason: string } } };
/** What was said of one slot by one location. */
type Word = { final: Outcome | null; gap: string | null; hasBegun: boolean };
type NaiveSlot = { readonly dueAtMs: number; readonly owners: readonly string[] };
type SlotStatus = Standing | 'unseen' | 'skipped';

const NOTHING: NaiveState = { throughMs: -1, standing: null, sinceMs: -1, streak: 0, passes: 0, isEscalated: false, before: null, lastVerdictMs: null, unseenSinceMs: null };
/** For the way from the agent (rules.md 20). */
const ON_ITS_WAY_MS = 10_000;
const NO_DATA_AFTER_MS = 60_000;
const NOT_TO_BE_SEEN: ReadonlySet<string> = new Set(['paused', 'maintenance', 'previous_still_running']);

/**
 * One check's history, judged by rules.md 6, 20 and 21 read anew: whether a slot can be decided is found by trying
 * everything that those who have not spoken may still say. Nothing of the product's judge is used.
 */
export class NaiveHistory {
  readonly #checkId: string;
  readonly #schedule: NaiveSchedule;
  readonly #words = new Map<number, Map<string, Word>>();
  readonly #slots: NaiveSlot[] = [];
  /** After each of the first slots, as long as every location has said its word. */
  readonly #settled: NaiveState[] = [];
  #knownMs = 0;

  constructor(checkId: string, schedule: NaiveSchedule) {
    this.#checkId = checkId;
    this.#schedule = schedule;
  }

  hear(entry: Heard): void {
    const said = 'result' in entry.row ? entry.row.result : entry.row.gap;
    if ('result' in entry.row && (entry.row.isSurplus || (entry.row.result.trigger !== 'schedule' && entry.row.result.trigger !== 'retry'))) return;
    const words = this.#words.get(said.dueAtMs) ?? new Map<string, Word>();
    this.#words.set(said.dueAtMs, words);
    const word = words.get(said.locationOwed) ?? { final: null, gap: null, hasBegun: false };
    words.set(said.locationOwed, word);
    if ('outcome' in said) {
      word.hasBegun = true;
      if (said.isFinal) word.final ??= said.outcome;
    } else word.gap = entry.kind === 'gap' ? said.reason : null;
    this.#settled.length = Math.min(this.#settled.length, this.#countBefore(said.dueAtMs));
  }

  /** After the last slot that can be decided at this instant. */
  at(instantMs: number, check: Check): NaiveState {
    const nowMs = Math.floor(instantMs);
    this.#learnSlots(nowMs);
    const count = this.#countBefore(nowMs + 1);
    let index = Math.min(this.#settled.length, count);
    let state = this.#settled[index - 1] ?? NOTHING;
    for (; index < count; index += 1) {
      const slot = this.#slots[index]!;
      const verdict = this.#decide(slot, check, instantMs);
      if (verdict.status === null) break;
      state = after(state, slot.dueAtMs, verdict.status, check);
      if (verdict.isSettled && index === this.#settled.length) this.#settled.push(state);
    }
    return state;
  }

  #learnSlots(nowMs: number): void {
    if (nowMs <= this.#knownMs) return;
    for (const { dueAtMs, locationId } of this.#schedule.owedOf(this.#checkId, this.#knownMs + 1, nowMs + 1)) {
      const last = this.#slots.at(-1);
      if (last?.dueAtMs === dueAtMs) (last.owners as string[]).push(locationId);
      else this.#slots.push({ dueAtMs, owners: [locationId] });
    }
    this.#knownMs = nowMs;
  }

  #decide(slot: NaiveSlot, check: Check, nowMs: number): { readonly status: SlotStatus | null; readonly isSettled: boolean } {
    const words = slot.owners.map((owner) => this.#words.get(slot.dueAtMs)?.get(owner));
    const isSettled = words.every((word) => word !== undefined && (word.final !== null || word.gap !== null));
    const choices = words.map((word): readonly (Outcome | null)[] => {
      if (word?.final) return [word.final];
      if (word?.gap) return [null];
      const budgetMs = word?.hasBegun ? runBudgetMs(retryStrategyOf(check), check.maxResponseTime) : check.maxResponseTime;
      return slot.dueAtMs + budgetMs + ON_ITS_WAY_MS > nowMs ? ['passed', 'degraded', 'failed', null] : [null];
    });
    const isSkipped = words.every((word) => word !== undefined && word.final === null && word.gap !== null && NOT_TO_BE_SEEN.has(word.gap));
    const possible = new Set(combinations(choices).map((outcomes) => statusOf(outcomes, slot.owners.length, isSkipped, check)));
    return { status: possible.size === 1 ? [...possible][0]! : null, isSettled };
  }

  #countBefore(dueAtMs: number): number {
    let count = this.#slots.length;
    while (count > 0 && this.#slots[count - 1]!.dueAtMs >= dueAtMs) count -= 1;
    return count;
  }
}

function combinations(choices: readonly (readonly (Outcome | null)[])[]): readonly (readonly (Outcome | null)[])[] {
  return choices.reduce<readonly (readonly (Outcome | null)[])[]>((all, some) => all.flatMap((one) => some.map((next) => [...one, next])), [[]]);
}

function statusOf(outcomes: readonly (Outcome | null)[], owners: number, isSkipped: boolean, check: Check): SlotStatus {
  const seen = outcomes.filter((outcome) => outcome === 'passed' || outcome === 'degraded' || outcome === 'failed');
  const failed = seen.filter((outcome) => outcome === 'failed').length;
  const threshold = check.alertSettings?.parallelRunFailureThreshold;
  const share = threshold?.enabled && owners > 1 ? threshold.percentage / 100 : 0;
  if (failed > 0 && failed / seen.length >= share) return 'failing';
  if (seen.includes('degraded')) return 'degraded';
  // Fewer fail than count as a failure.
  if (seen.length > 0) return 'passing';
  if (isSkipped) return 'skipped';
  return check.whenUnseen === 'failing' ? 'failing' : 'unseen';
}

function after(state: NaiveState, dueAtMs: number, status: SlotStatus, check: Check): NaiveState {
  const { alertSettings } = check;
  const throughMs = dueAtMs;
  if (status === 'skipped') return { ...state, throughMs };
  if (status === 'unseen') return { ...state, throughMs, unseenSinceMs: state.unseenSinceMs ?? dueAtMs };
  const seen = { ...state, throughMs, lastVerdictMs: dueAtMs, unseenSinceMs: null };
  if (state.standing === 'failing' && status === 'passing') {
    const passes = state.passes + 1;
    if (passes < (alertSettings?.recoveryPassThreshold ?? 1)) return { ...seen, passes, streak: 0 };
  }
  const isNew = state.standing !== status;
  const streak = isNew ? 1 : state.streak + 1;
  const isLongEnough = alertSettings?.escalationType === 'RUN_BASED' && streak >= alertSettings.runBasedEscalation.failedRunThreshold;
  return {
    ...seen, standing: status, passes: 0, streak, sinceMs: isNew ? dueAtMs : state.sinceMs,
    isEscalated: status !== 'passing' && ((!isNew && state.isEscalated) || isLongEnough), before: isNew ? state.standing : state.before,
  };
}

/** Has nobody seen the target for so long that this is all there is to say? Since when: null: it has data. */
export function noDataSince(state: NaiveState): { readonly sinceMs: number | null } | null {
  if (state.standing === null || state.lastVerdictMs === null) return { sinceMs: state.unseenSinceMs };
  return state.unseenSinceMs !== null && state.throughMs - state.lastVerdictMs >= NO_DATA_AFTER_MS ? { sinceMs: state.unseenSinceMs } : null;
}

/** What receivers are to believe (checkly-api.md §4.1). */
export function levelOf({ standing, before, isEscalated, sinceMs }: NaiveState, nowMs: number, { alertSettings }: Check): Level {
  if (standing === null || standing === 'passing') return 'none';
  const isOtherTrouble = before !== null && before !== 'passing';
  const isOld = alertSettings?.escalationType === 'TIME_BASED' && nowMs >= sinceMs + alertSettings.timeBasedEscalation.minutesFailingThreshold * 60_000;
  if (!isOtherTrouble && !isEscalated && !isOld) return 'none';
  return standing === 'failing' ? 'failure' : 'degraded';
}

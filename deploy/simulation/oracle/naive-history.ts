import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { NaiveSchedule } from './naive-schedule.ts';
import { NO_WORD, viewSlot, type NaiveSlot, type SeenRun, type SlotView, type Word } from './naive-slot.ts';
import { after, NOTHING, type NaiveState } from './naive-standing.ts';

/** Of a row that was stored, or of a gap that a result replaced, what a history is made of. */
export type Heard =
  | { readonly kind: 'result'; readonly run: SeenRun }
  | { readonly kind: 'gap' | 'gap_replaced'; readonly gap: { readonly dueAtMs: number; readonly locationOwed: string; readonly reason: string } };

/** What another location said when it was asked about a failure; `waiting`: nothing yet. */
export type Answer = 'waiting' | 'confirmed' | 'refuted';

/** What is asked of a history, besides the rows that it has heard. */
export type Question = {
  readonly check: Check;
  readonly settings: AlertSettings;
  readonly isPaused: (dueAtMs: number) => boolean;
  readonly isImpaired: (run: SeenRun) => boolean;
  /** About the failure of a slot; undefined: nobody was asked. */
  readonly answerAbout: (dueAtMs: number) => Answer | undefined;
  /** Slots up to here were judged once. */
  readonly judgedThroughMs: number;
  /** And when, by a clock that may be ahead of this one's; left out: what was decided then is decided anew by this one. */
  readonly judgedAtMs?: number | undefined;
  /** Until when a run that ended in failure may still be tried again in another location. */
  readonly retriesUntilMs: (run: SeenRun, slot: NaiveSlot) => number | null;
  /** Ends of pauses in `(afterMs, untilMs]`, in order. */
  readonly pauseEnds: (afterMs: number, untilMs: number) => readonly number[];
  /** What was seen at such an end; null: nobody looked. */
  readonly viewLook: (slot: NaiveSlot, nowMs: number) => SlotView | null;
  /** When the check was switched on again; what was known before counts no more. */
  readonly startsMs: readonly number[];
  /** False: nobody had a reason to look at a slot again of which an attempt came late. */
  readonly waitsForLate: boolean;
};

/** Of a check that nobody asks anything else about: no windows, no other location is asked, no agent was cut off. */
export function plainQuestion(check: Check, settings: AlertSettings, startsMs: readonly number[]): Question {
  return {
    check: { ...check, confirmFromOtherLocation: false }, settings, startsMs, waitsForLate: true, judgedThroughMs: Infinity, isPaused: () => false, isImpaired: () => false,
    answerAbout: () => undefined, retriesUntilMs: () => null, pauseEnds: () => [], viewLook: () => null,
  };
}

export type Standpoint = {
  readonly state: NaiveState;
  /** A failure that one location alone saw, of which nothing is said before another was asked. */
  readonly doubt: { readonly dueAtMs: number; readonly failed: SeenRun } | null;
};

/**
 * One check's history, judged by rules.md 6, 20, 21 and 23 read anew: whether a slot can be decided is found by trying
 * everything that those who have not spoken may still say. Nothing of the product's judge is used.
 */
export class NaiveHistory {
  readonly #checkId: string;
  readonly #schedule: NaiveSchedule;
  readonly #words = new Map<number, Map<string, Word>>();
  readonly #slots: NaiveSlot[] = [];
  /** After each of the first slots, as long as every location has said its last word. */
  readonly #settled: NaiveState[] = [];
  /** What shots said that were to confirm a failure, by run. */
  readonly confirmations = new Map<string, SeenRun>();
  #knownMs = 0;

  constructor(checkId: string, schedule: NaiveSchedule) {
    this.#checkId = checkId;
    this.#schedule = schedule;
  }

  /** `judgedThroughMs`: slots up to here have been judged without it. */
  hear(heard: Heard, judgedThroughMs = -Infinity): void {
    if (heard.kind !== 'result') {
      const { dueAtMs, locationOwed, reason } = heard.gap;
      this.#wordOf(dueAtMs, locationOwed).gap = heard.kind === 'gap' ? reason : null;
      return this.forgetFrom(dueAtMs);
    }
    const { isSurplus, trigger, dueAtMs, locationOwed, attempt, runId, isFinal } = heard.run;
    if (trigger === 'confirm') {
      this.confirmations.set(runId, heard.run);
      return this.forgetFrom(dueAtMs);
    }
    if (isSurplus || (trigger !== 'schedule' && trigger !== 'retry')) return;
    const word = this.#wordOf(dueAtMs, locationOwed);
    if (word.results.size === 0) word.hasBegunLate = !isFinal && dueAtMs <= judgedThroughMs;
    word.results.set(attempt, heard.run);
    this.forgetFrom(dueAtMs);
  }

  /** Slots from this one on are judged anew when they are asked for next. */
  forgetFrom(dueAtMs: number): void {
    this.#settled.length = Math.min(this.#settled.length, this.#countBefore(dueAtMs));
  }

  /** After the last slot that can be decided at this instant. */
  at(instantMs: number, question: Question): Standpoint {
    const { check, settings } = question;
    const nowMs = Math.floor(instantMs);
    this.#learnSlots(nowMs, question);
    const throughMs = question.judgedAtMs === undefined ? nowMs : Math.max(nowMs, question.judgedThroughMs);
    const count = this.#countBefore(throughMs + 1);
    let index = Math.min(this.#settled.length, count);
    let state = this.#settled[index - 1] ?? NOTHING;
    for (; index < count; index += 1) {
      const slot = this.#slots[index]!;
      state = begunAnew(state, question.startsMs, slot.dueAtMs);
      const isJudged = slot.dueAtMs <= question.judgedThroughMs;
      const atMs = isJudged ? Math.max(question.judgedAtMs ?? 0, instantMs) : instantMs;
      const rules = { check, settings, isImpaired: question.isImpaired, retriesUntilMs: question.retriesUntilMs, waitsForLate: question.waitsForLate };
      const view = slot.isLook ? question.viewLook(slot, atMs) : viewSlot(slot, this.#words.get(slot.dueAtMs) ?? NO_WORDS, rules, atMs);
      if (view?.status === null) break;
      if (view === null) {
        if (isJudged && index === this.#settled.length) this.#settled.push(state);
        continue;
      }
      const answer = isDoubtful(state, view) ? question.answerAbout(slot.dueAtMs) ?? (isJudged || !isConfirmed(check) ? 'confirmed' : null) : 'confirmed';
      if (answer === null) return { state: begunAnew(state, question.startsMs, Infinity), doubt: { dueAtMs: slot.dueAtMs, failed: view.failed! } };
      if (answer === 'waiting') break;
      state = after(state, slot.dueAtMs, answer === 'refuted' ? 'refuted' : view.status!, view, settings);
      // Before it was judged once, whether others are asked is still to be seen.
      if (view.isSettled && isJudged && index === this.#settled.length) this.#settled.push(state);
    }
    return { state: begunAnew(state, question.startsMs, Infinity), doubt: null };
  }

  #learnSlots(nowMs: number, { isPaused, pauseEnds }: Question): void {
    if (nowMs <= this.#knownMs) return;
    const owed = Map.groupBy(this.#schedule.owedOf(this.#checkId, this.#knownMs + 1, nowMs + 1), ({ dueAtMs }) => dueAtMs);
    const slotAt = (dueAtMs: number, owners: readonly string[], isLook: boolean): NaiveSlot => ({ dueAtMs, owners, isLook, isParallel: this.#schedule.isParallel(this.#checkId, dueAtMs) });
    const slots = [...owed].filter(([dueAtMs]) => !isPaused(dueAtMs)).map(([dueAtMs, owing]) => slotAt(dueAtMs, owing.map(({ locationId }) => locationId), false));
    const looks = pauseEnds(this.#knownMs, nowMs).map((endMs) => slotAt(endMs, this.#schedule.activeOrderAt(this.#checkId, endMs), true));
    this.#slots.push(...[...slots, ...looks].sort((a, b) => a.dueAtMs - b.dueAtMs));
    this.#knownMs = nowMs;
  }

  #wordOf(dueAtMs: number, locationId: string): Word {
    const words = this.#words.get(dueAtMs) ?? new Map<string, Word>();
    this.#words.set(dueAtMs, words);
    const word = words.get(locationId) ?? { ...NO_WORD, results: new Map() };
    words.set(locationId, word);
    return word;
  }

  #countBefore(dueAtMs: number): number {
    let count = this.#slots.length;
    while (count > 0 && this.#slots[count - 1]!.dueAtMs >= dueAtMs) count -= 1;
    return count;
  }
}

/** Neither streaks nor standing reach over a time in which it was switched off. */
function begunAnew(state: NaiveState, startsMs: readonly number[], untilMs: number): NaiveState {
  return startsMs.some((startMs) => state.throughMs < startMs && startMs <= untilMs) ? { ...NOTHING, throughMs: state.throughMs } : state;
}

const NO_WORDS: ReadonlyMap<string, Word> = new Map();

/** One location alone saw what would turn the check (product.md 5). */
function isDoubtful({ standing }: NaiveState, { status, verdicts }: SlotView): boolean {
  if (status !== 'failing' || standing === 'failing') return false;
  return [...verdicts.values()].filter((verdict) => verdict === 'failed').length === 1;
}

/** Is another location asked? An answer counts also after an edit by which it would not be. */
function isConfirmed(check: Check): boolean {
  return check.confirmFromOtherLocation && check.locations.length > 1;
}

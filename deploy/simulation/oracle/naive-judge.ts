import type { Notice } from '#coordinator/alerting/notice.ts';
import type { Look } from '../model/judging-model.ts';
import { HISTORY_WAITS_MAX_MS } from '../model/marks-model.ts';
import { heardOf, type HistoryEntry, type JudgedWorld } from './judged-world.ts';
import { aBook, noteQuestions, noteRules, type Book } from './naive-book.ts';
import { NaiveHistory } from './naive-history.ts';
import { hearNotice, shown } from './naive-notices.ts';
import { NaiveQuestions } from './naive-questions.ts';
import { whatIsMissing, levelIn, type Scene } from './naive-scene.ts';
import { NaiveSchedule } from './naive-schedule.ts';
import { settleBooks } from './naive-settlement.ts';
import { noDataSince, stateOfHead, type NaiveState } from './naive-standing.ts';

/** After an edit deadlines of slots that are under way are others than before: what is told is looked at, not how it came about. */
const AFTER_EDIT_MS = 120_000;
/** From a commit to the end of the turn that judges it; and from when something is to be told until it is. */
const JUDGED_WITHIN_MS = 10_000;
const TOLD_WITHIN_MS = 15_000;
/** Of a round of the judge, what it had read by then may have changed meanwhile; clocks may differ by this, too. */
const TURN_MS = 1_000;

/**
 * Judges everything once more from the full history, beside the real judge: after each of its committed turns, how the
 * check stands and what of it has to be told by now. A notice is false (I6), double (I4) or missed (I5) by that.
 */
export class NaiveJudge {
  readonly #world: JudgedWorld;
  readonly #books = new Map<string, Book>();
  readonly #schedule: NaiveSchedule;
  readonly #questions: NaiveQuestions;
  #heard = 0;

  constructor(world: JudgedWorld) {
    this.#world = world;
    this.#schedule = new NaiveSchedule(world.model);
    this.#questions = new NaiveQuestions(world.model, this.#schedule);
  }

  /** A notice is there for whoever delivers it. */
  told(notice: Notice): void {
    if (notice.check) this.#bookOf(notice.check.id).notices.push(notice);
  }

  /** What agents saw is a verdict, or is none any more. */
  impairedChanged(fromMs: number): void {
    for (const { history } of this.#books.values()) history.forgetFrom(fromMs);
  }

  /** A turn was committed. */
  looked(look: Look): void {
    const { checkId, head } = look.judged;
    if (!this.#world.definitionOf(checkId)) return;
    this.#distribute();
    const book = this.#bookOf(checkId);
    while (book.unheard[0] && book.unheard[0].change <= look.changes) book.history.hear(book.unheard.shift()!.heard, book.throughMs);
    noteRules(book, this.#world.definitionOf(checkId)!, this.#questions.settingsOf(checkId), this.#world.engine.nowMs);
    const asked = noteQuestions(book, look.judged, look.nowMs);
    const isJudgedAlike = !look.isBehind && this.#world.engine.nowMs - book.rulesMs > AFTER_EDIT_MS && !this.#questions.isStarting(checkId, look.nowMs);
    const state = this.#stateAt(look, book, { isJudgedAlike, asked });
    const scene = this.#sceneOf(book, { state, nowMs: look.nowMs, isAdvanced: head.throughMs > book.throughMs }, look.alongside);
    for (const notice of book.notices) {
      this.#world.sometimes(notice.isReminder ? 'a reminder' : `a notice: ${notice.kind}`);
      for (const { rule, what } of hearNotice(notice, { scene, isJudgedAlike })) this.#violate(rule, checkId, what);
      if (notice.kind === 'failure' && !notice.isReminder) this.#world.failedIndeed(checkId, notice);
    }
    const missing = isJudgedAlike ? whatIsMissing({ ...scene, ...this.#wordsOn(book) }) : null;
    if (missing) this.#violate('I5', checkId, `${missing}, by ${shown(state)}`);
    this.#afterLook(scene, isJudgedAlike);
    book.notices = [];
    Object.assign(book, { lookedMs: Math.max(book.lookedMs, look.nowMs), throughMs: head.throughMs, state });
    const status = JSON.stringify([noDataSince(head) ? 'noData' : head.standing, head.lastVerdictMs]);
    if (book.status !== status) Object.assign(book, { status, statusMs: this.#world.engine.nowMs });
    this.#world.sometimes('a look of the judge');
  }

  /** How the check stands by the history; what the real judge says where that cannot be known. */
  #stateAt(look: Look, book: Book, { isJudgedAlike, asked }: { readonly isJudgedAlike: boolean; readonly asked: readonly number[] }): NaiveState {
    const { checkId, head } = look.judged;
    if (!isJudgedAlike || book.haveSettingsChanged) return stateOfHead(head);
    const { lookedMs } = book;
    const standpoints = [{ nowMs: Math.max(lookedMs, look.nowMs) }, { nowMs: look.nowMs }, { nowMs: look.nowMs, judgedAtMs: lookedMs }]
      .flatMap(({ nowMs, judgedAtMs }) => [true, false].map((waitsForLate) => book.history.at(nowMs, { ...this.#questions.about(book, nowMs), waitsForLate, judgedAtMs })));
    const { state, doubt } = standpoints.find((one) => isSame(one.state, look)) ?? standpoints[0]!;
    if (!isSame(state, look)) this.#violate('I7', checkId, `is judged ${shown(head)} and stands ${shown(state)}`);
    if (doubt) this.#violate('I5', checkId, `fails by ${new Date(doubt.dueAtMs).toISOString()} as one location sees it, and no other was asked`);
    for (const endMs of this.#questions.pauseEndsOf(book, look.nowMs)) {
      if (this.#questions.isLookMissing(book, endMs, look.nowMs)) this.#violate('I5', checkId, `was paused until ${new Date(endMs).toISOString()}, and nobody looks`);
    }
    for (const dueAtMs of asked) this.#world.sometimes(`a confirmation${book.asked.get(dueAtMs)!.answer === 'confirmed' ? ' with nobody to ask' : ''}`);
    return state;
  }

  /** What rests until trouble is over, and what is told again only after it was over. */
  #afterLook(scene: Scene, isJudgedAlike: boolean): void {
    const { book: { beliefs, notices }, state, voice, isAdvanced } = scene;
    if (voice === 'silenced') return;
    if (voice !== 'heard') return void Object.assign(beliefs, { rests: 'no', noDataRests: false });
    const hasData = noDataSince(state) === null;
    if (hasData) beliefs.noDataRests = false;
    const isOver = hasData && levelIn(scene) === 'none' && state.standing === 'passing';
    if (isOver && isAdvanced && beliefs.rests !== 'no') beliefs.rests = 'no';
    else if (beliefs.rests === 'yes' && (isOver || !isJudgedAlike)) beliefs.rests = 'maybe';
    const isTold = notices.some(({ kind }) => kind === 'egress_denied');
    beliefs.isDenialTold = isJudgedAlike ? state.deniedIn !== null : isTold ? true : null;
  }

  /** Looks now and then whether something is missing without any look of the judge: what time alone makes true has to be told, too. */
  audit({ isCalm }: { readonly isCalm: boolean }): void {
    const { nowMs } = this.#world.engine;
    for (const book of this.#books.values()) {
      const { checkId } = book;
      // Who dies over its work, or hears of no commit, is late.
      if (!isCalm) { book.missing = null; continue; }
      const isLookedAt = book.state !== null && nowMs - book.rulesMs > AFTER_EDIT_MS && ![...this.#world.model.judging.marks].some((mark) => mark.checkId === checkId);
      const state = !isLookedAt || book.haveSettingsChanged ? book.state : book.history.at(nowMs, this.#questions.about(book, nowMs)).state;
      const what = isLookedAt && state !== null ? whatIsMissing(this.#sceneOf(book, { state, nowMs, isAdvanced: false })) : null;
      if (what === null) book.missing = null;
      else if (book.missing?.what !== what) book.missing = { what, sinceMs: nowMs };
      else if (nowMs - book.missing.sinceMs > TOLD_WITHIN_MS) {
        this.#violate('I5', checkId, `${what}, since ${new Date(book.missing.sinceMs).toISOString()}`);
        book.missing = { what, sinceMs: nowMs };
      }
    }
  }

  #sceneOf(book: Book, { state, nowMs, isAdvanced }: Pick<Scene, 'state' | 'nowMs' | 'isAdvanced'>, alongside: ReadonlySet<string> = new Set()): Scene {
    const { checkId } = book;
    return {
      book, state, nowMs, isAdvanced, check: this.#world.definitionOf(checkId)!, settings: this.#questions.settingsOf(checkId), chosen: this.#questions.chosenOf(checkId),
      voice: this.#questions.voiceOf(checkId, state, nowMs), isUnseenExplained: this.#questions.isUnseenExplained(checkId, state),
      dependency: this.#dependencyOf(book, { state, nowMs, alongside }), ...this.#wordsOn(book),
    };
  }

  #wordsOn({ beliefs: { alertId, noDataAlertId } }: Book): Pick<Scene, 'alert' | 'unseen'> {
    const { alerts } = this.#world.model.judging;
    return { alert: alertId === null ? null : alerts.get(alertId) ?? null, unseen: noDataAlertId === null ? null : alerts.get(noDataAlertId) ?? null };
  }

  /** `alongside`: checks of the same turn, which has read of them what they were before it. */
  #dependencyOf({ checkId }: Book, { state, nowMs, alongside }: Pick<Scene, 'state' | 'nowMs'> & { readonly alongside: ReadonlySet<string> }): Scene['dependency'] {
    const others = this.#questions.dependenciesOf(checkId);
    const hasJustChanged = others.some((id) => alongside.has(id) || this.#world.engine.nowMs - this.#bookOf(id).statusMs < TURN_MS);
    return hasJustChanged ? 'changing' : this.#questions.dependencyOf(others, state, nowMs);
  }

  /** At the end: nothing waits to be judged, and from the tables alone every check stands as it was judged to. */
  settle(): void {
    const { model } = this.#world;
    this.#distribute();
    const waiting = [...model.judging.marks].filter(({ atMs, isHistory }) => atMs < model.nowMs - JUDGED_WITHIN_MS - (isHistory ? HISTORY_WAITS_MAX_MS : 0));
    if (waiting[0]) this.#violate('I5', waiting[0].checkId, `has waited to be judged since ${new Date(waiting[0].atMs).toISOString()}`);
    settleBooks({
      world: this.#world, books: this.#books.values(), schedule: this.#schedule, questions: this.#questions,
      violate: (rule, checkId, what) => this.#violate(rule, checkId, what), comparesAfterMs: AFTER_EDIT_MS,
    });
  }

  #distribute(): void {
    const { history } = this.#world;
    for (; this.#heard < history.length; this.#heard += 1) {
      const entry = history[this.#heard]!;
      this.#bookOf(checkIdOf(entry)).unheard.push({ change: this.#heard + 1, heard: heardOf(entry.row, entry.kind === 'gap_replaced') });
    }
  }

  #bookOf(checkId: string): Book {
    const known = this.#books.get(checkId);
    if (known) return known;
    const book = aBook(checkId, new NaiveHistory(checkId, this.#schedule));
    this.#books.set(checkId, book);
    return book;
  }

  #violate(rule: string, checkId: string, what: string): void {
    this.#world.violate(rule, `check ${this.#world.checkIds.indexOf(checkId)} ${what}`);
  }
}

function checkIdOf({ row }: HistoryEntry): string {
  return 'gap' in row ? row.gap.checkId : row.result.checkId;
}

function isSame(state: NaiveState, { judged: { head } }: Look): boolean {
  if (state.throughMs < 0) return head.standing === null;
  return head.throughMs === state.throughMs && head.standing === state.standing && head.sinceMs === state.sinceMs && head.streak === state.streak && head.passes === state.passes
    && head.isEscalated === state.isEscalated && head.lastVerdictMs === state.lastVerdictMs && head.unseenSinceMs === state.unseenSinceMs;
}

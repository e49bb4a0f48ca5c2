import type { Notice } from '#coordinator/alerting/notice.ts';
import type { Check } from '#shared/check/check.ts';
import type { Look } from '../model/judging-model.ts';
import type { HistoryEntry, World } from '../world.ts';
import { NaiveSchedule } from './naive-schedule.ts';
import { levelOf, NaiveHistory, noDataSince, type Level, type NaiveState } from './naive-standing.ts';

/** What is known of a check beside what was stored of it: what its subscribers were told. */
type Book = {
  readonly checkId: string;
  readonly history: NaiveHistory;
  /** Stored, and not heard by the history yet; with how many changes there were with it. */
  readonly unheard: { readonly change: number; readonly entry: HistoryEntry }[];
  /** Of a turn whose commit has not been seen. */
  notices: Notice[];
  believed: Level;
  isNoDataTold: boolean;
  reminders: number;
  /** As at the last look, and since when it has been so. */
  definition: Check | null;
  definedMs: number;
  lookedMs: number;
  throughMs: number;
};

/** After an edit deadlines of slots that are under way are others than before: what is told is looked at, not how it came about. */
const AFTER_EDIT_MS = 120_000;
/** rules.md 22, and the judge's grace. */
const NO_DATA_TOLD_AFTER_MS = 120_000;
/** From a commit to the end of the turn that judges it. */
const JUDGED_WITHIN_MS = 10_000;

/**
 * Judges everything once more from the full history, beside the real judge: after each of its committed turns, how the
 * check stands and what of it has to be told by now. A notice is false (I6), double (I4) or missed (I5) by that.
 */
export class NaiveJudge {
  readonly #world: World;
  readonly #books = new Map<string, Book>();
  #heard = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A notice is there for whoever delivers it. */
  told(notice: Notice): void {
    if (notice.check) this.#bookOf(notice.check.id).notices.push(notice);
  }

  /** A turn was committed. */
  looked(look: Look): void {
    const { checkId } = look.judged;
    const check = this.#world.definitionOf(checkId);
    if (!check) return;
    this.#distribute();
    const book = this.#bookOf(checkId);
    if (book.definition !== check) Object.assign(book, { definition: check, definedMs: this.#world.engine.nowMs });
    while (book.unheard[0] && book.unheard[0].change <= look.changes) book.history.hear(book.unheard.shift()!.entry);
    const isJudgedAlike = !look.isBehind && this.#world.engine.nowMs - book.definedMs > AFTER_EDIT_MS;
    const states = [Math.max(book.lookedMs, look.nowMs), look.nowMs].map((nowMs) => book.history.at(nowMs, check));
    const state = states.find((one) => isSame(one, look)) ?? states[0]!;
    if (isJudgedAlike && !isSame(state, look)) this.#violate('I7', checkId, `is judged ${shown(look.judged.head)} and stands ${shown(state)}`);
    const isAdvanced = look.judged.head.throughMs > book.throughMs;
    this.#hearNotices(book, { state, check, look, isJudgedAlike });
    if (isJudgedAlike) this.#nothingMissed(book, { state, check, look, isAdvanced });
    book.lookedMs = Math.max(book.lookedMs, look.nowMs);
    book.throughMs = look.judged.head.throughMs;
    this.#world.sometimes('a look of the judge');
  }

  #hearNotices(book: Book, { state, check, look, isJudgedAlike }: { readonly state: NaiveState; readonly check: Check; readonly look: Look; readonly isJudgedAlike: boolean }): void {
    const level = levelOf(state, look.nowMs, check);
    for (const notice of book.notices) {
      const { kind } = notice;
      this.#world.sometimes(notice.isReminder ? 'a reminder' : `a notice: ${kind}`);
      switch (kind) {
        case 'failure': case 'degraded':
          if (notice.isReminder) { this.#reminded(book, notice, check); break; }
          if (book.believed === kind) this.#violate('I4', book.checkId, `is told to be ${kind} twice`);
          if (isJudgedAlike && level !== kind) this.#violate('I6', book.checkId, `is told to be ${kind}, and is ${level} by ${shown(state)}`);
          this.#failedIndeed(book.checkId, notice);
          Object.assign(book, { believed: kind, reminders: 0 });
          break;
        case 'recovery':
          if (book.believed === 'none') this.#violate('I4', book.checkId, 'is told to have recovered, and nobody was told of trouble');
          if (isJudgedAlike && check.activated && !this.#isDeleted(book.checkId) && state.standing !== 'passing' && level !== 'none') this.#violate('I6', book.checkId, `is told to have recovered, and stands ${shown(state)}`);
          book.believed = 'none';
          break;
        case 'no_data':
          if (book.isNoDataTold) this.#violate('I4', book.checkId, 'is told to have no data twice');
          if (isJudgedAlike && noDataSince(state) === null) this.#violate('I6', book.checkId, `is told to have no data, and stands ${shown(state)}`);
          book.isNoDataTold = true;
          break;
        case 'data_again':
          if (!book.isNoDataTold) this.#violate('I4', book.checkId, 'is told to have data again, and nobody was told that it had none');
          book.isNoDataTold = false;
          break;
        case 'digest': break;
        default: this.#violate('I6', book.checkId, `has a notice ${kind}, for which there is no cause`);
      }
    }
    book.notices = [];
  }

  #reminded(book: Book, notice: Notice, check: Check): void {
    book.reminders += 1;
    if (book.believed !== notice.kind) this.#violate('I6', book.checkId, `is told to be ${notice.kind} still, and ${book.believed} was told last`);
    if (book.reminders > (check.alertSettings?.reminders.amount ?? 0)) this.#violate('I4', book.checkId, `is told ${book.reminders} times to be ${notice.kind} still`);
  }

  /** I6: the run that stands for a failure met a target in trouble, whatever the agent's own. */
  #failedIndeed(checkId: string, { kind, result }: Notice): void {
    const { watch, targets } = this.#world;
    const run = result && watch.executions.findLast((execution) => execution.run?.runId === result.runId);
    if (!run || kind !== 'failure') return;
    if (targets.wasUp(this.#world.checkIds.indexOf(checkId), run.startedMs, run.endedMs ?? run.startedMs)) {
      this.#violate('I6', checkId, `is told to fail by a run of ${new Date(run.startedMs).toISOString()}, when its target was well`);
    }
  }

  /** I5: what receivers believe is how it stands. A row of the past alone never ends an alert (rules.md 20, 21). */
  #nothingMissed(book: Book, { state, check, look, isAdvanced }: { readonly state: NaiveState; readonly check: Check; readonly look: Look; readonly isAdvanced: boolean }): void {
    const { believed, checkId } = book;
    if (!check.activated || this.#isDeleted(checkId)) {
      if (believed !== 'none' || book.isNoDataTold) this.#violate('I5', checkId, `is not run any more, and ${believed === 'none' ? 'no data' : believed} is believed of it`);
      return;
    }
    const noData = noDataSince(state);
    if (noData) {
      if (!book.isNoDataTold && noData.sinceMs !== null && look.nowMs >= noData.sinceMs + NO_DATA_TOLD_AFTER_MS) this.#violate('I5', checkId, `has no data since ${new Date(noData.sinceMs).toISOString()}, and nobody is told`);
      return;
    }
    if (book.isNoDataTold) this.#violate('I5', checkId, 'has data again, and nobody is told');
    const level = levelOf(state, look.nowMs, check);
    const isWorse = level !== 'none' && (believed === 'none' || (level === 'failure' && believed === 'degraded'));
    const isBetter = isAdvanced && ((level === 'degraded' && believed === 'failure') || (state.standing === 'passing' && believed !== 'none'));
    if (isWorse || isBetter) this.#violate('I5', checkId, `is ${level} by ${shown(state)}, and ${believed} is believed`);
  }

  /** At the end: nothing waits to be judged, and from the tables alone every check stands as it was judged to. */
  settle(): void {
    const { model, engine } = this.#world;
    const { judging } = model;
    this.#distribute();
    const waiting = [...judging.marks].filter(({ atMs }) => atMs < model.nowMs - JUDGED_WITHIN_MS);
    if (waiting[0]) this.#violate('I5', waiting[0].checkId, `has waited to be judged since ${new Date(waiting[0].atMs).toISOString()}`);
    const marked = new Set([...judging.marks].map(({ checkId }) => checkId));
    const schedule = new NaiveSchedule(model);
    for (const book of this.#books.values()) {
      const { checkId, definition, notices } = book;
      if (notices.length > 0 && !marked.has(checkId)) this.#violate('I4', checkId, `has a notice ${notices[0]!.kind} of a turn that was never committed`);
      const open = [...judging.alerts.values()].filter((alert) => alert.checkId === checkId && alert.closedAtMs === null);
      const wanted = Number(book.believed !== 'none') + Number(book.isNoDataTold);
      if (open.length !== wanted) this.#violate('I4', checkId, `has ${open.length} open alerts, and ${wanted} are told`);
      if (!definition || marked.has(checkId) || engine.nowMs - book.definedMs <= AFTER_EDIT_MS) continue;
      const anew = new NaiveHistory(checkId, schedule);
      for (const row of model.runs.results.values()) if (row.result.checkId === checkId) anew.hear({ kind: 'result', row });
      for (const row of model.runs.gaps.values()) if (row.gap.checkId === checkId) anew.hear({ kind: 'gap', row });
      const head = judging.states.get(checkId)?.head;
      const state = anew.at(book.lookedMs, definition);
      if (head && head.throughMs === state.throughMs && (head.standing !== state.standing || head.sinceMs !== state.sinceMs || head.streak !== state.streak)) {
        this.#violate('I7', checkId, `ends as ${shown(head)} and stands ${shown(state)} by what is stored`);
      }
    }
  }

  #distribute(): void {
    const { history } = this.#world;
    for (; this.#heard < history.length; this.#heard += 1) {
      const entry = history[this.#heard]!;
      const { checkId } = entry.kind === 'result' ? entry.row.result : entry.row.gap;
      this.#bookOf(checkId).unheard.push({ change: this.#heard + 1, entry });
    }
  }

  #bookOf(checkId: string): Book {
    let book = this.#books.get(checkId);
    if (!book) {
      book = {
        checkId, history: new NaiveHistory(checkId, new NaiveSchedule(this.#world.model)), unheard: [], notices: [], believed: 'none', isNoDataTold: false, reminders: 0,
        definition: null, definedMs: 0, lookedMs: 0, throughMs: -1,
      };
      this.#books.set(checkId, book);
    }
    return book;
  }

  #isDeleted(checkId: string): boolean {
    return this.#world.model.checks.get(checkId)?.isDeleted ?? true;
  }

  #violate(rule: string, checkId: string, what: string): void {
    this.#world.violate(rule, `check ${this.#world.checkIds.indexOf(checkId)} ${what}`);
  }
}

function isSame(state: NaiveState, { judged: { head } }: Look): boolean {
  if (state.throughMs < 0) return head.standing === null;
  return head.throughMs === state.throughMs && head.standing === state.standing && head.sinceMs === state.sinceMs && head.streak === state.streak && head.passes === state.passes
    && head.isEscalated === state.isEscalated && head.lastVerdictMs === state.lastVerdictMs && head.unseenSinceMs === state.unseenSinceMs;
}

function shown({ throughMs, standing, sinceMs, streak, passes, unseenSinceMs }: Pick<NaiveState, 'throughMs' | 'standing' | 'sinceMs' | 'streak' | 'passes' | 'unseenSinceMs'>): string {
  const instant = (ms: number | null): string => (ms === null || ms < 0 ? 'never' : new Date(ms).toISOString().slice(11, 19));
  return `${standing} since ${instant(sinceMs)} (${streak} runs, ${passes} passes, unseen since ${instant(unseenSinceMs)}) up to ${instant(throughMs)}`;
}
